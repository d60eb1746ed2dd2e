// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/boot_entries.h"

#include <algorithm>
#include <cctype>

#include "host/text.h"

namespace verify {
namespace {

std::string name_of(std::string_view path) {
  return std::string(path.substr(path.find_last_of("/\\") + 1));
}

// The first word of a line, in lower case, and the rest of the line.
std::pair<std::string, std::string_view> key_of(std::string_view line,
                                                std::string_view separators = " \t") {
  const std::string_view trimmed = host::trim(line);
  const size_t end = std::min(trimmed.find_first_of(separators), trimmed.size());
  std::string_view rest = trimmed.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(separators), rest.size()));
  return {host::lower(trimmed.substr(0, end)), rest};
}

void add_names(const std::string& paths, const char* separators, BootEntry& entry) {
  for (const std::string_view path : host::split(paths, separators))
    entry.images.push_back(name_of(path));
}

// initrd= on the command line, of rEFInd, extlinux and the kernel's EFI stub.
void add_named_initrds(BootEntry& entry) {
  for (const std::string_view word : host::split(entry.command_line))
    if (word.starts_with("initrd=")) add_names(std::string(word.substr(7)), ",", entry);
}

// Joins words as grub_create_loader_cmdline() does (grub-core/lib/cmdline.c).
std::string grub_arguments(const std::vector<std::string>& words, size_t first) {
  std::string line;
  for (size_t i = first; i < words.size(); ++i) {
    if (!line.empty()) line += ' ';
    const bool quoted = words[i].find(' ') != std::string::npos;
    if (quoted) line += '"';
    for (const char c : words[i]) {
      if (c == '"' || c == '\\' || c == '\'') line += '\\';
      line += c;
    }
    if (quoted) line += '"';
  }
  return line;
}

// A command may follow "menuentry … {" or "then" on the same line.
void drop_prefix(std::vector<std::string>& words) {
  const auto brace = std::find(words.begin(), words.end(), "{");
  if (brace != words.end()) words.erase(words.begin(), brace + 1);
  while (!words.empty() && (words[0] == "then" || words[0] == "else" || words[0] == "do"))
    words.erase(words.begin());
}

// A word of rEFInd's files may be quoted; inside, "" is one quote.
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

}  // namespace

BootMenu parse_grub(const std::string& file, std::string_view text, const ShellSettings& known) {
  BootMenu menu;
  ShellSettings settings = known;
  each_command(text, settings, [&](std::vector<std::string> words) {
    drop_prefix(words);
    if (words.size() < 2) return;
    if (words[0] == "set") {
      const size_t equals = std::min(words[1].find('='), words[1].size());
      const std::string name = words[1].substr(0, equals);
      if (equals < words[1].size() && !known.contains(name))
        settings[name] = words[1].substr(equals + 1);
    } else if (words[0].starts_with("linux")) {
      menu.push_back({.file = file, .command_line = grub_arguments(words, 2), .images = {}});
    } else if (words[0].starts_with("initrd") && !menu.empty()) {
      for (size_t i = 1; i < words.size(); ++i) menu.back().images.push_back(name_of(words[i]));
    }
  });
  return menu;
}

// uapi-group.org/specifications/specs/boot_loader_specification, type 1.
BootEntry parse_loader_entry(const std::string& file, std::string_view text,
                             const ShellSettings& known) {
  BootEntry entry{.file = file, .command_line = {}, .images = {}};
  const std::string expanded = expand_variables(text, known);
  for (const std::string_view line : host::split(expanded, "\n")) {
    const auto [key, value] = key_of(line);
    if (key == "options") {
      if (!entry.command_line.empty()) entry.command_line += ' ';
      entry.command_line += value;
    }
    if (key == "initrd") add_names(std::string(value), " \t", entry);
    if (key == "efi" || key == "uki") entry.images.push_back(name_of(value));
  }
  return entry;
}

BootMenu parse_refind_linux(const std::string& file, std::string_view text) {
  BootMenu menu;
  for (const std::string_view line : host::split(text, "\n")) {
    const auto words = refind_words(line);
    if (words.size() < 2) continue;
    menu.push_back({.file = file, .command_line = words[1], .images = {}});
    add_named_initrds(menu.back());
  }
  return menu;
}

BootMenu parse_refind(const std::string& file, std::string_view text) {
  BootMenu menu;
  std::vector<std::string> images;
  for (const std::string_view line : host::split(text, "\n")) {
    const auto words = refind_words(line);
    const std::string key = words.empty() ? "" : host::lower(words[0]);
    if (key == "menuentry") images.clear();
    if (words.size() < 2) continue;
    if (key == "initrd") images.push_back(name_of(words[1]));
    if (key != "options" && key != "add_options") continue;
    menu.push_back({.file = file, .command_line = words[1], .images = images});
    add_named_initrds(menu.back());
  }
  return menu;
}

// A label without APPEND inherits the global one.
BootMenu parse_syslinux(const std::string& file, std::string_view text) {
  BootMenu menu;
  BootEntry top{.file = file, .command_line = {}, .images = {}};
  for (const std::string_view line : host::split(text, "\n")) {
    const auto [key, value] = key_of(line);
    if (key == "label") menu.push_back(top);
    BootEntry& entry = menu.empty() ? top : menu.back();
    if (key == "append") entry.command_line = value == "-" ? "" : std::string(value);
    if (key == "initrd") add_names(std::string(value), ",", entry);
  }
  for (BootEntry& entry : menu) add_named_initrds(entry);
  return menu;
}

// limine.conf has "cmdline: …", limine.cfg had "CMDLINE=…"; an entry begins with '/' or ':'.
BootMenu parse_limine(const std::string& file, std::string_view text) {
  BootMenu menu;
  for (const std::string_view line : host::split(text, "\n")) {
    const std::string_view trimmed = host::trim(line);
    if (trimmed.starts_with('/') || trimmed.starts_with(':')) {
      menu.push_back({.file = file, .command_line = {}, .images = {}});
      continue;
    }
    const auto [key, value] = key_of(trimmed, " \t:=");
    if (menu.empty()) continue;
    if (key == "cmdline" || key == "kernel_cmdline") menu.back().command_line = value;
    // "boot():/initramfs.img#HASH"
    if (key == "module_path")
      menu.back().images.push_back(name_of(value.substr(0, value.find('#'))));
  }
  // An entry that is a directory has no command line.
  std::erase_if(menu, [](const BootEntry& entry) { return entry.command_line.empty(); });
  return menu;
}

}  // namespace verify
