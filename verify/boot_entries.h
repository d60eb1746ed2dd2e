// SPDX-License-Identifier: GPL-2.0-or-later
//
// The menus of a machine's boot loaders: each entry with its kernel command line. Supported are
// GRUB, systemd-boot and others that read Boot Loader Specification entries, rEFInd, extlinux,
// syslinux, and Limine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/root.h"
#include "verify/shell_text.h"

namespace verify {

struct BootEntry {
  std::string file;                 // "/boot/grub/grub.cfg"
  std::string command_line;         // as the kernel will get it
  std::vector<std::string> images;  // file names of initramfs or unified images; empty: unknown
};

// One menu. The default entry comes first, if the menu names it.
using BootMenu = std::vector<BootEntry>;

// Those of this machine, without empty ones.
std::vector<BootMenu> boot_menus(const host::Root& root);

// Their parsers. `known`: variables of GRUB's environment block.
BootMenu parse_grub(const std::string& file, std::string_view text, const ShellSettings& known);
BootEntry parse_loader_entry(const std::string& file, std::string_view text,
                             const ShellSettings& known);
BootMenu parse_refind_linux(const std::string& file, std::string_view text);
BootMenu parse_refind(const std::string& file, std::string_view text);
BootMenu parse_syslinux(const std::string& file, std::string_view text);
BootMenu parse_limine(const std::string& file, std::string_view text);

}  // namespace verify
