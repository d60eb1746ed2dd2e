// SPDX-License-Identifier: GPL-2.0-or-later
//
// The distribution, the processor, and the tools that change the kernel command line and the
// initramfs of the machine. They are detected from the installed files, else from os-release.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "host/root.h"

namespace verify {

// How to change the kernel command line: in which file, and with which command.
enum class CommandLineTool {
  kUnknown,
  kGrubby,         // Fedora and derivatives: one tool for GRUB and boot loader entries
  kUpdateGrub,     // Debian and derivatives
  kGrubConfig,     // Arch: grub-mkconfig
  kGrub2Config,    // SUSE: grub2-mkconfig
  kKernelCmdline,  // /etc/kernel/cmdline: unified kernel images and kernel-install
  kSystemdBoot,    // entries written by hand
  kRefind,         // refind_linux.conf
  kUnifiedImage,   // the machine was started from one; its command line is built in
};

enum class ImageTool { kUnknown, kUpdateInitramfs, kDracut, kMkinitcpio };

// The distribution, the processor, and the tools for booting.
struct Platform {
  std::string name;                  // "Debian GNU/Linux 12 (bookworm)"; "": unknown
  std::vector<std::string> id_like;  // ID and ID_LIKE: "ubuntu", "debian"
  std::string cpu_vendor;            // "GenuineIntel"
  bool virtualization = false;       // the processor has vmx or svm
  bool in_guest = false;             // the processor has the flag "hypervisor": a virtual machine
  bool kexec = false;                // kexec started this kernel
  CommandLineTool command_line_tool = CommandLineTool::kUnknown;
  ImageTool image_tool = ImageTool::kUnknown;
  bool kernel_install = false;  // kernel-install(8) is installed

  // Is it one of these distributions, or derived from one?
  bool is_like(std::initializer_list<std::string_view> names) const;
};

Platform read_platform(const host::Root& root);

}  // namespace verify
