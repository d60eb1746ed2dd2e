// SPDX-License-Identifier: GPL-2.0-or-later
//
// The menus of a machine's boot loaders: each entry with its kernel command line, and which entries
// start by default. Supported are GRUB, systemd-boot and others that read Boot Loader Specification
// entries, rEFInd, extlinux, syslinux, and Limine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/boot_files.h"
#include "verify/shell_text.h"

namespace verify {

// Where partitions with boot loaders and images are mounted.
inline constexpr const char* kBootPartitions[] = {"/boot", "/efi", "/boot/efi"};

struct BootEntry {
  std::string file;                 // "/boot/grub/grub.cfg"
  std::string title = {};           // "Debian GNU/Linux"; "": it has none
  std::string kernel = {};          // its path, as the boot loader takes it; "": unknown
  std::string command_line;         // as the kernel will get it
  std::vector<std::string> images;  // file names of initramfs or unified images; empty: unknown
};

// What is read at most: of a menu, and of an entry. No kernel reads a longer command line:
// COMMAND_LINE_SIZE in arch/*/include/*/asm/setup.h.
inline constexpr size_t kMostBootEntries = 10'000, kMostImages = 100,
                        kMostCommandLine = size_t{8} << 10;

struct BootMenu {
  std::vector<BootEntry> entries = {};
  // The indices of those that may start by default. Several: which of them is not known. None: the
  // default is not among the entries, such as that of a different system.
  std::vector<size_t> defaults = {};
  bool complete = true;  // false: it has more entries than are read
  size_t bytes = 0;      // of the entries, when they were added

  // False: the menu has no room for it.
  [[nodiscard]] bool add(BootEntry entry);
  // Which entry is the default cannot be determined.
  void let_any_be_default();
  // The entries by which the next boot may start this image ("": any): those that may be the
  // default; if the default starts something else, all that start it.
  std::vector<size_t> starting(const std::string& image) const;
};

// Those of this machine, without empty ones.
std::vector<BootMenu> boot_menus(BootFiles& files);

// Does an entry that lists `listed` start `image`? Both are file names. rEFInd puts the version of
// a kernel in the place of "%v".
bool names_image(std::string_view listed, std::string_view image);

// Has this machine a configuration of GRUB that grub-mkconfig may have written?
bool has_grub_menu(BootFiles& files);

// Their parsers. `known`: variables of GRUB's environment block. `listed`: the entries, in their
// order, that GRUB's command blscfg adds.
BootMenu parse_grub(const std::string& file, std::string_view text, const ShellSettings& known,
                    const std::vector<BootEntry>& listed = {});
BootMenu parse_refind_linux(const std::string& file, std::string_view text);
BootMenu parse_refind(const std::string& file, std::string_view text);
BootMenu parse_syslinux(const std::string& file, std::string_view text);
BootMenu parse_limine(const std::string& file, std::string_view text);

// What the parsers share: the first word of a line, in lower case, with the rest of the line, and
// the file names of paths, which become images of the entry.
std::pair<std::string, std::string_view> key_of(std::string_view line,
                                                std::string_view separators = " \t");
void add_names(std::string_view paths, const char* separators, BootEntry& entry);

}  // namespace verify
