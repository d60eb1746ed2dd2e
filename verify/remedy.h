// SPDX-License-Identifier: GPL-2.0-or-later
//
// What to type here: the same cure has another command on every distribution, boot loader and
// initramfs tool. Told from what is installed, else from os-release; where nothing is known, the
// remedy says what to reach rather than a command that might not exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/root.h"

namespace verify {

// Whose file holds the command line, and what brings a change of it into force.
enum class BootLoader {
  kUnknown,
  kGrubby,         // Fedora and its kin: one tool over GRUB and boot loader entries
  kUpdateGrub,     // Debian and its kin
  kGrubConfig,     // Arch: grub-mkconfig
  kGrub2Config,    // SUSE: grub2-mkconfig
  kKernelCmdline,  // /etc/kernel/cmdline: unified kernel images and kernel-install
  kSystemdBoot,    // entries written by hand
  kRefind,         // refind_linux.conf
  kUnifiedImage,   // started from one: its command line is built in
};

enum class ImageTool { kUnknown, kUpdateInitramfs, kDracut, kMkinitcpio };

// What this machine is administered with.
struct Platform {
  std::string name;              // "Debian GNU/Linux 12 (bookworm)"; "" if it does not say
  std::vector<std::string> kin;  // ID and ID_LIKE: "ubuntu", "debian"
  std::string cpu_vendor;        // "GenuineIntel"
  bool virtualization = false;   // the processor offers vmx or svm
  bool in_guest = false;         // it says that this is a virtual machine
  bool kexec = false;            // another kernel started this one, not the firmware
  BootLoader boot_loader = BootLoader::kUnknown;
  ImageTool image_tool = ImageTool::kUnknown;
  bool kernel_install = false;  // kernel-install(8) is there
};

Platform read_platform(const host::Root& root);

// Each is a remedy as Finding wants it: words, then commands on lines of their own.
std::string add_parameter(const Platform& platform, std::string_view parameter);
std::string remove_parameter(const Platform& platform, std::string_view parameter);

std::string rebuild_image(const Platform& platform);

// What distributions call a package.
struct PackageNames {
  const char* debian;
  const char* fedora;
  const char* arch;
  const char* suse;
};
std::string install(const Platform& platform, const PackageNames& names);

// "  command" on a line of its own.
std::string command(std::string_view line);

}  // namespace verify
