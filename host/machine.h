// SPDX-License-Identifier: GPL-2.0-or-later
//
// Machine: a snapshot of everything that a plan depends on, read once and passed by value. It is
// built in memory, or read_machine() reads it from a live, captured or fake tree.
#pragma once

#include <string>
#include <vector>

#include "host/command_line.h"
#include "host/environment.h"
#include "host/late_functions.h"
#include "host/pci_function.h"
#include "host/physical_slots.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

struct Machine {
  std::vector<PciFunction> functions;  // in address order
  bool has_iommu = false;
  Environment environment = Environment::kMachine;  // read if a detail, or if there is no IOMMU
  Architecture architecture = Architecture::kX86;   // the same
  bool is_qubes = false;                            // the same; only for kXenHost
  // ACPI's table about IOMMUs, "DMAR" or "IVRS": read if there is no IOMMU, though the firmware may
  // describe one.
  std::string iommu_table;
  bool in_initramfs = false;  // see in_initramfs() below
  CommandLine command_line;
  std::string kernel_release;  // "6.12.117+deb12-amd64", as uname -r
  std::string boot_id;         // changes with every start of a kernel

  // Read only if requested: see Details.
  std::vector<PhysicalFunction> physical_functions;
  std::optional<PhysicalSlots> physical_slots;  // read if a detail

  // Read only if a configured card is missing: see read_late_functions().
  std::optional<LateFunctions> late;

  const PciFunction* find(const PciAddress& address) const;
  // nullptr: it is not in `physical_functions`.
  const PhysicalFunction* physical(const PciAddress& address) const;
  // The functions in the slot. A virtual function is a card of its own: it counts only if the slot
  // has no other functions.
  std::vector<const PciFunction*> in_slot(const PciSlot& slot) const;
  // The physical slots with this label; empty also if they were not read.
  std::vector<PhysicalSlot> slots_called(std::string_view label) const;
};

// Facts that few plans need. Each costs more than the one small read for each function.
struct Details {
  bool paths = false;           // a readlink for each function
  bool serials = false;         // its configuration space
  bool groups = false;          // a readlink for each function
  bool physical_slots = false;  // the firmware's table
  bool environment = false;
  bool virtual_functions = false;  // Machine::physical_functions: an open for each function
  // For GPUs: boot_display, and for those that no driver holds has_host_driver, from modules.alias
  // and modprobe.d.
  bool display_drivers = false;

  Details operator|(const Details& other) const;
};

// Does this program run in an initramfs, before the real root is mounted? /etc/initrd-release says
// so (os-release(5)). Images of initramfs-tools and images with a custom init do not have that
// file: there "/" is still the kernel's first root file system, "rootfs"
// (Documentation/filesystems/ramfs-rootfs-initramfs.rst), and systemd has not started. The check
// for systemd excludes systems that stay in rootfs permanently.
bool in_initramfs(const Root& root);

// Reads the IOMMU groups of these functions. One of them lacks a group if others have one, and if
// its IOMMU assigns all groups before the first program starts: then its DMA is not translated.
// True: there is such a function.
bool find_functions_without_group(const Root& root, const std::vector<PciAddress>& addresses,
                                  Machine& machine);

// Fails only if the list of PCI functions cannot be read. Other facts stay empty if they are
// missing.
Result<Machine> read_machine(const Root& root, const Details& details = {});

}  // namespace host
