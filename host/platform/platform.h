// SPDX-License-Identifier: GPL-2.0-or-later
//
// The distribution, the processor, and the rows of the table of platforms that hold for this
// machine.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "host/platform/mkinitcpio.h"
#include "host/platform/platforms.h"
#include "host/root.h"

namespace host {

inline constexpr const char* kGrubFile = "/etc/default/grub";

// A line of a file from which kernel command lines are generated: "GRUB_CMDLINE_LINUX=…" of
// /etc/default/grub, or all of /etc/kernel/cmdline.
struct WrittenParameters {
  std::string file;
  std::string variable;  // "GRUB_CMDLINE_LINUX"; "": the line has only parameters
  std::string text;
};

struct Platform {
  std::string name;                  // "Debian GNU/Linux 12 (bookworm)"; "": unknown
  std::vector<std::string> id_like;  // ID and ID_LIKE: "ubuntu", "debian"
  std::string cpu_vendor;            // "GenuineIntel"
  int cpu_family = 0;                // of x86: 0x17 is AMD's first Zen; 0: unknown
  bool virtualization = false;       // the processor has vmx or svm
  bool in_guest = false;             // the processor has the flag "hypervisor": a virtual machine
  // The width of a physical address, which a guest with the host's processor also has; 0: unknown.
  int address_bits = 0;
  // The kinds of guests with encrypted memory that KVM can start: "SEV, SEV-SNP"; "": none.
  std::string encrypted_guests;
  bool is_proxmox = false;                              // Proxmox VE, which has its own tools
  bool kexec = false;                                   // kexec started this kernel
  const PlatformRow* image = &platforms().back();       // how its initramfs is built
  const PlatformRow* parameters = &platforms().back();  // how its kernel command line is set
  std::vector<WrittenParameters> written;

  Mkinitcpio mkinitcpio;  // its configuration, if it has one

  // Is it one of these distributions, or derived from one?
  bool is_like(std::initializer_list<std::string_view> names) const;
};

Platform read_platform(const Root& root);

}  // namespace host
