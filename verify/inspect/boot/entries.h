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

#include "verify/inspect/boot/files.h"
#include "verify/inspect/shell/text.h"

namespace verify {

// Where partitions with boot loaders and images are mounted.
inline constexpr const char* kBootPartitions[] = {"/boot", "/efi", "/boot/efi"};

struct BootEntry {
  std::string file;          // "/boot/grub/grub.cfg"
  std::string title = {};    // "Debian GNU/Linux"; "": none
  std::string kernel = {};   // its path, in the boot loader's form; "": unknown
  std::string command_line;  // as the kernel gets it
  // File names of initramfs or unified images; "6.12.0/initrd" for one that is named only by its
  // directory. Empty: unknown.
  std::vector<std::string> images;
  // The first variable of the command line that has no known value: "kernelopts"; "": none.
  std::string unknown_variable = {};
};

// Limits of what is read of a menu and of an entry. No kernel reads a longer command line
// (COMMAND_LINE_SIZE in arch/*/include/*/asm/setup.h).
inline constexpr size_t kMaxBootEntries = 10'000, kMaxEntryImages = 100,
                        kMaxCommandLine = size_t{8} << 10;

struct BootMenu {
  std::vector<BootEntry> entries = {};
  // The indices of the entries that may start by default. Several: it is unknown which of them
  // does. None: the default is not among the entries, for example an entry of a different system.
  std::vector<size_t> defaults = {};
  bool complete = true;  // false: it has more entries than are read
  size_t bytes = 0;      // memory of the entries, when they were added

  // False: a limit is reached, and the entry is not added.
  [[nodiscard]] bool add(BootEntry entry);
  // For a menu whose default cannot be determined.
  void mark_all_as_default();
  // The entries by which the next boot may start this file ("": any image): those that may be the
  // default. If the default starts something else, all entries that start the image.
  std::vector<size_t> entries_for(const std::string& file) const;
};

// The menus of this machine, without empty ones.
std::vector<BootMenu> boot_menus(BootFiles& files);

// Does an entry that lists `listed` (BootEntry::images) start `file`, a path or a file name? rEFInd
// replaces "%v" with the version of the kernel.
bool matches_image(std::string_view listed, std::string_view file);

// True if this machine has a grub.cfg.
bool has_grub_menu(BootFiles& files);

// The parsers. `known`: variables of GRUB's environment block. `listed`: the entries, in their
// order, that GRUB's command blscfg adds.
BootMenu parse_grub(const std::string& file, std::string_view text, const ShellSettings& known,
                    const std::vector<BootEntry>& listed = {});
BootMenu parse_refind_linux(const std::string& file, std::string_view text);
BootMenu parse_refind(const std::string& file, std::string_view text);
BootMenu parse_syslinux(const std::string& file, std::string_view text);
BootMenu parse_limine(const std::string& file, std::string_view text);

// For the parsers: the first word of a line, in lower case, and the rest of the line.
std::pair<std::string, std::string_view> key_of(std::string_view line,
                                                std::string_view separators = " \t");
// Adds the file names of paths to the images of the entry.
void add_names(std::string_view paths, const char* separators, BootEntry& entry);

}  // namespace verify
