// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/entries.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>

#include "host/text.h"

namespace verify {
namespace {

// initrd= on the command line, of rEFInd, extlinux and the kernel's EFI stub.
void add_named_initrds(BootEntry& entry) {
  for (const std::string_view word : host::split(entry.command_line))
    if (word.starts_with("initrd=")) add_names(word.substr(7), ",", entry);
}

// Words in rEFInd's files may be quoted. In quotes, "" is one quote.
std::vector<std::string> refind_words(std::string_view line) {
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size();) {
    if (std::isspace(static_cast<unsigned char>(line[at])) || line[at] == ',') {
      ++at;
      continue;
    }
    if (line[at] == '#') break;
    const bool quoted = line[at] == '"';
    std::string word;
    for (at += quoted ? 1 : 0; at < line.size(); ++at) {
      if (quoted && line[at] == '"' && line.substr(at + 1, 1) != "\"") break;
      if (quoted && line[at] == '"') ++at;
      if (!quoted && std::isspace(static_cast<unsigned char>(line[at]))) break;
      word += line[at];
    }
    if (quoted && at < line.size()) ++at;
    words.push_back(std::move(word));
  }
  return words;
}

// Selects the entry by default_selection of refind.conf: a part of its title (rEFInd's manual,
// "Configuring the Boot Manager"). The default is unknown for a number, since numbers also count
// entries that rEFInd finds itself; for "+", the entry that was started last; and with hours of the
// day.
void select_refind_default(const std::vector<std::string>& selection,
                           const std::vector<size_t>& stanzas, BootMenu& menu) {
  menu.mark_all_as_default();
  if (selection.size() != 1) return;
  constexpr size_t kMaxParts = 100;
  const auto parts = host::split(selection[0], ",");
  if (parts.size() > kMaxParts) return;
  for (const std::string_view part : parts) {
    const std::string name = host::lower(host::trim(part));
    if (name.size() < 2) return;
    for (const size_t i : stanzas)
      if (host::lower(menu.entries[i].title).find(name) != std::string::npos) {
        menu.defaults = {i};
        return;
      }
  }
}

// Numbers Limine's entries as in its menu, which shows the entries of a directory only if it is
// expanded ("/+name"): print_tree() in Limine's common/menu.c.
class LimineTree {
 public:
  // The number of the entry that begins with `line`; 0: it is not shown.
  size_t number(std::string_view line) {
    const size_t name = std::min(line.find_first_not_of(line[0]), line.size());
    const size_t level = std::min(name, open_.size() + 1);
    const bool shown = level == 1 || open_[level - 2];
    open_.resize(level - 1);
    open_.push_back(shown && line.substr(name, 1) == "+");
    return shown ? ++shown_ : 0;
  }

 private:
  std::vector<bool> open_;  // of each level: is the last entry shown and expanded?
  size_t shown_ = 0;
};

// Removes entries without command line and images, which are directories or start a different
// system. If the default is one of these, no entry starts by default: Limine waits if the default
// is a directory. `chosen` counts from 1; nullopt: unknown.
void select_limine_default(const std::vector<size_t>& numbers, std::optional<size_t> chosen,
                           BootMenu& menu) {
  const size_t number = std::max(chosen.value_or(0), size_t{1});
  const bool known = chosen && std::find(numbers.begin(), numbers.end(), number) != numbers.end();
  BootMenu kept{.complete = menu.complete, .bytes = menu.bytes};
  for (size_t i = 0; i < numbers.size(); ++i) {
    BootEntry& entry = menu.entries[i];
    if (entry.command_line.empty() && entry.images.empty()) continue;
    if (known && numbers[i] == number) kept.defaults = {kept.entries.size()};
    kept.entries.push_back(std::move(entry));
  }
  if (!known) kept.mark_all_as_default();
  menu = std::move(kept);
}

// The file name. With kernel-install(8) the images of all kernels have the name "initrd", each in a
// directory with the kernel's release: "6.12.0/initrd".
std::string name_of_image(std::string_view path) {
  const auto names = host::split(path, "/\\");
  if (names.empty()) return {};
  const bool of_release = names.size() > 1 && names.back() == "initrd" &&
                          std::isdigit(static_cast<unsigned char>(names[names.size() - 2][0]));
  return (of_release ? std::string(names[names.size() - 2]) + "/" : "") + std::string(names.back());
}

size_t size_of(const BootEntry& entry) {
  size_t size = sizeof entry + entry.title.size() + entry.kernel.size() +
                entry.command_line.size() + entry.unknown_variable.size();
  for (const std::string& image : entry.images) size += sizeof image + image.size();
  return size;
}

}  // namespace

bool BootMenu::add(BootEntry entry) {
  bytes += size_of(entry);
  complete = complete && entries.size() < kMaxBootEntries && bytes <= host::kBootBudget.unpacked;
  if (complete) entries.push_back(std::move(entry));
  return complete;
}

void BootMenu::mark_all_as_default() {
  defaults.resize(entries.size());
  std::iota(defaults.begin(), defaults.end(), size_t{0});
}

std::vector<size_t> BootMenu::entries_for(const std::string& file) const {
  std::vector<size_t> all, by_default;
  const auto is_it = [&](const std::string& listed) { return matches_image(listed, file); };
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::vector<std::string>& images = entries[i].images;
    if (file.empty() || std::any_of(images.begin(), images.end(), is_it)) all.push_back(i);
  }
  std::set_intersection(defaults.begin(), defaults.end(), all.begin(), all.end(),
                        std::back_inserter(by_default));
  return by_default.empty() ? all : by_default;
}

bool matches_image(std::string_view listed, std::string_view file) {
  if (listed.find('/') != listed.npos) return file.ends_with("/" + std::string(listed));
  const std::string_view image = host::file_name(file);
  const size_t version = listed.find("%v");
  if (version == listed.npos) return listed == image;
  const std::string_view before = listed.substr(0, version), after = listed.substr(version + 2);
  return image.size() >= before.size() + after.size() && image.starts_with(before) &&
         image.ends_with(after);
}

std::pair<std::string, std::string_view> key_of(std::string_view line,
                                                std::string_view separators) {
  const std::string_view trimmed = host::trim(line);
  const size_t end = std::min(trimmed.find_first_of(separators), trimmed.size());
  std::string_view rest = trimmed.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(separators), rest.size()));
  return {host::lower(trimmed.substr(0, end)), rest};
}

void add_names(std::string_view paths, const char* separators, BootEntry& entry) {
  for (const std::string_view path : host::split(paths, separators))
    if (entry.images.size() < kMaxEntryImages) entry.images.push_back(name_of_image(path));
}

// The lines of refind_linux.conf are variants of one kernel's entry. The first one starts by
// default (rEFInd's manual, "Methods of Booting Linux").
BootMenu parse_refind_linux(const std::string& file, std::string_view text) {
  BootMenu menu;
  for (const std::string_view line : host::split(text, "\n")) {
    const auto words = refind_words(line);
    if (words.size() < 2) continue;
    if (!menu.add({.file = file, .title = words[0], .command_line = words[1], .images = {}})) break;
    add_named_initrds(menu.entries.back());
  }
  if (!menu.entries.empty()) menu.defaults = {0};
  return menu;
}

BootMenu parse_refind(const std::string& file, std::string_view text) {
  BootMenu menu;
  BootEntry stanza{.file = file, .command_line = {}, .images = {}};
  std::vector<std::string> selection;
  std::vector<size_t> stanzas;  // the entries that are not in a submenu
  bool submenu = false;
  for (const std::string_view line : host::split(text, "\n")) {
    auto words = refind_words(line);
    const std::string key = words.empty() ? "" : host::lower(words[0]);
    if (key == "menuentry") stanza = {.file = file, .command_line = {}, .images = {}};
    if (key == "menuentry" || key == "submenuentry") submenu = key == "submenuentry";
    if (words.size() < 2) continue;
    if (key == "menuentry") stanza.title = words[1];
    if (key == "loader") stanza.kernel = words[1];
    if (key == "initrd") add_names(words[1], "\n", stanza);
    if (key == "default_selection") selection = {words.begin() + 1, words.end()};
    if (key != "options" && key != "add_options") continue;
    if (!menu.add(stanza)) break;
    if (!submenu) stanzas.push_back(menu.entries.size() - 1);
    menu.entries.back().command_line = words[1];
    add_named_initrds(menu.entries.back());
  }
  select_refind_default(selection, stanzas, menu);
  return menu;
}

// A label without APPEND inherits the global one. DEFAULT, MENU DEFAULT or ONTIMEOUT selects the
// default, depending on the user interface (syslinux.cfg(5), "menu.txt" of syslinux).
BootMenu parse_syslinux(const std::string& file, std::string_view text) {
  BootMenu menu;
  BootEntry top{.file = file, .command_line = {}, .images = {}};
  std::set<std::string> chosen;
  for (const std::string_view line : host::split(text, "\n")) {
    const auto [key, value] = key_of(line);
    const std::string argument(host::trim(value));
    if (key == "default" || key == "ontimeout") chosen.insert(host::lower(argument));
    if (key == "label") {
      if (!menu.add(top)) break;
      menu.entries.back().title = argument;
    }
    BootEntry& entry = menu.entries.empty() ? top : menu.entries.back();
    if (key == "menu" && host::lower(argument) == "default")
      chosen.insert(host::lower(entry.title));
    if (key == "linux" || key == "kernel") entry.kernel = argument;
    if (key == "append")
      entry.command_line = value == "-" ? "" : std::string(value.substr(0, kMaxCommandLine));
    if (key == "initrd") add_names(value, ",", entry);
  }
  for (size_t i = 0; i < menu.entries.size(); ++i) {
    add_named_initrds(menu.entries[i]);
    if (chosen.contains(host::lower(menu.entries[i].title))) menu.defaults.push_back(i);
  }
  if (menu.defaults.empty()) menu.mark_all_as_default();
  return menu;
}

// limine.conf has "cmdline: …", limine.cfg had "CMDLINE=…"; an entry begins with '/' or ':'.
BootMenu parse_limine(const std::string& file, std::string_view text) {
  BootMenu menu;
  LimineTree tree;
  std::vector<size_t> numbers;  // of each entry
  std::string chosen = "1";
  bool remembers = false;
  for (const std::string_view line : host::split(text, "\n")) {
    const std::string_view trimmed = host::trim(line);
    if (trimmed.starts_with('/') || trimmed.starts_with(':')) {
      const std::string_view name =
          trimmed.substr(std::min(trimmed.find_first_not_of(trimmed.substr(0, 1)), trimmed.size()));
      if (!menu.add({.file = file, .title = std::string(name), .command_line = {}, .images = {}}))
        break;
      numbers.push_back(tree.number(trimmed));
      continue;
    }
    const auto [key, value] = key_of(trimmed, " \t:=");
    if (key == "default_entry") chosen = value;
    if (key == "remember_last_entry") remembers = host::lower(value) == "yes";
    if (menu.entries.empty()) continue;
    BootEntry& entry = menu.entries.back();
    if (key == "cmdline" || key == "kernel_cmdline") entry.command_line = value;
    if (key == "path" || key == "kernel_path") entry.kernel = value.substr(0, value.find('#'));
    // "boot():/initramfs.img#HASH"
    if (key == "module_path") add_names(value.substr(0, value.find('#')), "\n", entry);
  }
  select_limine_default(numbers, remembers ? std::nullopt : host::parse_number(chosen, 10), menu);
  return menu;
}

}  // namespace verify
