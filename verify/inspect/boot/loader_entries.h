// SPDX-License-Identifier: GPL-2.0-or-later
//
// The menu of systemd-boot: entries of the Boot Loader Specification
// (uapi-group.org/specifications/specs/boot_loader_specification), their order, and the default
// (systemd-boot(7), loader.conf(5)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/inspect/boot/entries.h"

namespace verify {

struct LoaderEntry {
  BootEntry boot;
  std::string id;  // "debian-6.12.0.conf": in lower case and without counters
  std::string sort_key = {}, machine_id = {}, version = {};
  std::optional<uint32_t> tries_left = {};  // of boot counting: NAME+LEFT-DONE.conf
  uint32_t tries_done = 0;
  std::optional<bool> has_kernel = {};  // does the file of `linux` exist?
};

// Entries of type 1 are files in loader/entries; nullopt: the boot loader ignores it. Entries of
// type 2 are unified kernel images with the section `.osrel`.
//
// GRUB replaces variables in an entry (parse_grub() does this), systemd-boot does not: an entry
// with a variable is for a GRUB whose settings are unknown here.
std::optional<LoaderEntry> parse_loader_entry(const std::string& file, std::string_view text);
LoaderEntry unified_loader_entry(const std::string& file, std::string_view os_release);

// Sorts by the order of the menu.
void sort_loader_entries(std::vector<LoaderEntry>& entries);

// The settings that choose the default: patterns, or ids of entries; "": not set.
struct LoaderDefaults {
  std::string one_shot = {}, variable = {}, last_booted = {};  // EFI variables LoaderEntry*
  std::string configured = {}, preferred = {};                 // "default", "preferred"
  bool unknown = false;                                        // a setting cannot be read
};
bool is_saved(std::string_view setting);  // "@saved": the entry that was started last
void parse_loader_conf(std::string_view text, LoaderDefaults& defaults);

BootMenu loader_menu(std::vector<LoaderEntry> entries, const LoaderDefaults& defaults);

}  // namespace verify
