// SPDX-License-Identifier: GPL-2.0-or-later
//
// Machine: a snapshot of what a plan depends on, read once and passed by value. A fake or a
// captured machine is one of these, or a directory that read_machine() is pointed at.
#pragma once

#include <string>
#include <vector>

#include "host/command_line.h"
#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

struct Machine {
  std::vector<PciFunction> functions;  // in address order
  bool has_iommu = false;
  bool in_initramfs = false;  // see in_initramfs() below
  CommandLine command_line;
  std::string kernel_release;  // "6.12.117+deb12-amd64", as uname -r
  std::string boot_id;         // changes with every start of a kernel

  const PciFunction* find(const PciAddress& address) const;
  std::vector<const PciFunction*> in_slot(const PciSlot& slot) const;
};

// What few plans need, and what costs more than a function's one small read.
struct Details {
  bool paths = false;            // a readlink for each function
  bool serials = false;          // its configuration space
  bool groups = false;           // a readlink for each function
  bool display_drivers = false;  // modules.alias, for the displays that no driver holds

  Details operator|(const Details& other) const;
};

// Does this run from an initramfs, before the system? /etc/initrd-release says so (os-release(5)),
// which images of initramfs-tools and with a custom init do not have. There the kernel's first root
// file system, "rootfs" (Documentation/filesystems/ramfs-rootfs-initramfs.rst), is still in place,
// and systemd has not started: a system may stay in rootfs for good.
bool in_initramfs(const Root& root);

// Fails only where there is no PCI bus to read; whatever else is missing stays empty.
Result<Machine> read_machine(const Root& root, const Details& details = {});

}  // namespace host
