// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/loader_entries.h"

#include <algorithm>
#include <tuple>

#include "host/alias.h"
#include "host/text.h"
#include "verify/inspect/boot/version_order.h"

namespace verify {
namespace {

// "x+2-1.conf": two tries are left, and one is done (boot_entry_parse_tries() in systemd's
// src/boot/boot.c).
void set_id(const std::string& file, LoaderEntry& entry) {
  entry.id = host::lower(host::file_name(file));
  const size_t dot = entry.id.rfind('.'), plus = entry.id.rfind('+');
  if (dot == entry.id.npos || plus == entry.id.npos || plus > dot) return;
  const std::string_view counters = std::string_view(entry.id).substr(plus + 1, dot - plus - 1);
  const size_t dash = counters.find('-');
  const auto left = host::parse_number(counters.substr(0, dash), 10);
  const auto done = dash == counters.npos ? std::optional<uint32_t>(0)
                                          : host::parse_number(counters.substr(dash + 1), 10);
  if (!left || !done) return;
  entry.tries_left = left;
  entry.tries_done = *done;
  entry.id.erase(plus, dot - plus);
}

// boot_entry_compare() in systemd's src/boot/boot.c. Entries without a try left are last. Entries
// with a sort key precede those without one.
std::weak_ordering order_of(const LoaderEntry& a, const LoaderEntry& b) {
  const auto rank = [](const LoaderEntry& entry) {
    return std::tie(entry.sort_key, entry.machine_id);
  };
  if (const auto order = (a.tries_left == 0u) <=> (b.tries_left == 0u); order != 0) return order;
  if (const auto order = a.sort_key.empty() <=> b.sort_key.empty(); order != 0) return order;
  if (!a.sort_key.empty()) {
    if (const auto order = rank(a) <=> rank(b); order != 0) return order;
    if (const auto order = compare_versions(b.version, a.version); order != 0) return order;
  }
  if (const auto order = compare_versions(b.id, a.id); order != 0) return order;
  if (!a.tries_left || !b.tries_left) return std::weak_ordering::equivalent;
  if (const auto order = *b.tries_left <=> *a.tries_left; order != 0) return order;
  return a.tries_done <=> b.tries_done;
}

// The first entry that matches a pattern, in the form of BootMenu::defaults. nullopt: none, so the
// next setting is used.
std::optional<std::vector<size_t>> select(const std::vector<LoaderEntry>& entries,
                                          const std::string& setting) {
  const std::string pattern = host::lower(setting);
  if (pattern.empty()) return std::nullopt;
  // An entry that systemd-boot adds itself: Windows, the firmware setup, …
  if (pattern.starts_with("auto-")) return std::vector<size_t>{};
  for (size_t i = 0; i < entries.size(); ++i)
    if (host::matches_pattern(pattern, entries[i].id)) return std::vector{i};
  // Before version 248 systemd-boot compared names without their suffix.
  for (size_t i = 0; i < entries.size(); ++i)
    if (host::matches_pattern(pattern, entries[i].id.substr(0, entries[i].id.rfind('.'))))
      return i == 0 ? std::vector<size_t>{0} : std::vector<size_t>{0, i};
  return std::nullopt;
}

}  // namespace

std::optional<LoaderEntry> parse_loader_entry(const std::string& file, std::string_view text) {
  const std::string_view name = host::file_name(file);
  if (name.starts_with('.') || name.starts_with("auto-")) return std::nullopt;
  LoaderEntry entry{.boot = {.file = file, .command_line = {}, .images = {}}, .id = {}};
  set_id(file, entry);
  bool starts_something = false;
  for (const std::string_view line : host::split(text, "\n")) {
    const auto [key, value] = key_of(line);
    if (key == "options") {
      if (!entry.boot.command_line.empty()) entry.boot.command_line += ' ';
      entry.boot.command_line += value;
    }
    if (key == "title") entry.boot.title = value;
    if (key == "sort-key") entry.sort_key = value;
    if (key == "machine-id") entry.machine_id = value;
    if (key == "version") entry.version = value;
    if (key == "linux") entry.boot.kernel = value;
    if (key == "initrd") add_names(value, " \t", entry.boot);
    if (key == "efi" || key == "uki") add_names(value, "\n", entry.boot);
    starts_something = starts_something || key == "linux" || key == "efi" || key.starts_with("uki");
  }
  if (!starts_something) return std::nullopt;
  entry.boot.unknown_variable = expand_variables(entry.boot.command_line, {}).unknown;
  return entry;
}

// boot_entry_add_type2() in systemd's src/boot/boot.c, and bootspec_pick_name_version_sort_key().
LoaderEntry unified_loader_entry(const std::string& file, std::string_view os_release) {
  LoaderEntry entry{
      .boot = {.file = file, .command_line = {}, .images = {std::string(host::file_name(file))}},
      .id = {}};
  set_id(file, entry);
  ShellSettings settings;
  read_shell_settings(os_release, settings);
  const auto first_of = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (const auto found = settings.find(name); found != settings.end()) return found->second;
    return std::string();
  };
  entry.boot.title = first_of({"PRETTY_NAME", "IMAGE_ID", "NAME", "ID"});
  entry.sort_key = first_of({"IMAGE_ID", "ID"});
  entry.version = first_of({"IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID"});
  return entry;
}

void sort_loader_entries(std::vector<LoaderEntry>& entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const LoaderEntry& a, const LoaderEntry& b) { return order_of(a, b) < 0; });
}

bool is_saved(std::string_view setting) {
  return host::lower(setting) == "@saved";
}

void parse_loader_conf(std::string_view text, LoaderDefaults& defaults) {
  for (const std::string_view line : host::split(text, "\n")) {
    const auto [key, value] = key_of(line);
    if (key == "default") defaults.configured = value;
    if (key == "preferred") defaults.preferred = value;
  }
}

// config_select_default_entry() in systemd's src/boot/boot.c.
BootMenu loader_menu(std::vector<LoaderEntry> entries, const LoaderDefaults& defaults) {
  sort_loader_entries(entries);
  BootMenu menu;
  if (entries.empty()) return menu;
  const auto chosen = [&]() -> std::vector<size_t> {
    for (const std::string& setting : {defaults.one_shot, defaults.variable, defaults.configured})
      if (auto found = select(entries, is_saved(setting) ? defaults.last_booted : setting))
        return *found;
    return {0};
  };
  menu.defaults = chosen();
  // Version 260 and later: a preferred entry is started while it has a try left.
  if (const auto found = select(entries, defaults.preferred)) {
    menu.defaults.insert(menu.defaults.end(), found->begin(), found->end());
    std::sort(menu.defaults.begin(), menu.defaults.end());
    menu.defaults.erase(std::unique(menu.defaults.begin(), menu.defaults.end()),
                        menu.defaults.end());
  }
  for (LoaderEntry& entry : entries) menu.entries.push_back(std::move(entry.boot));
  if (defaults.unknown) menu.mark_all_as_default();
  return menu;
}

}  // namespace verify
