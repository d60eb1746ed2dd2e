// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where boot loaders keep their menus: boot_menus() of boot_entries.h.
#include <algorithm>
#include <cstring>

#include <fnmatch.h>

#include "host/text.h"
#include "verify/boot_entries.h"

namespace verify {
namespace {

constexpr size_t kMaxMenu = size_t{16} << 20;
constexpr size_t kMostEntries = 1000;
constexpr const char* kTops[] = {"/boot", "/efi", "/boot/efi"};

// TOP/EFI/ debian, fedora, refind, …
std::vector<std::string> vendors(const host::Root& root) {
  std::vector<std::string> directories;
  for (const std::string top : kTops)
    for (const std::string& name : root.list(top + "/EFI").value_or({}))
      directories.push_back(top + "/EFI/" + name);
  return directories;
}

// The files of each directory that have one of the names.
std::vector<std::string> files_named(const host::Root& root,
                                     const std::vector<std::string>& directories,
                                     std::initializer_list<const char*> names) {
  std::vector<std::string> files;
  for (const std::string& directory : directories)
    for (const char* name : names)
      if (root.exists(directory + "/" + name)) files.push_back(directory + "/" + name);
  return files;
}

std::vector<std::string> with(std::vector<std::string> some, const std::vector<std::string>& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

// grub-editenv(1): NAME=VALUE lines.
ShellSettings grub_environment(const host::Root& root,
                               const std::vector<std::string>& directories) {
  ShellSettings known;
  for (const std::string& file : files_named(root, directories, {"grubenv"}))
    for (const std::string text = root.read(file).value_or("");
         const std::string_view line : host::split(text, "\n"))
      if (const size_t equals = line.find('='); !line.starts_with('#') && equals != line.npos)
        known[std::string(line.substr(0, equals))] = line.substr(equals + 1);
  return known;
}

std::string stem_of(const std::string& file) {
  const std::string name = file.substr(file.rfind('/') + 1);
  return name.substr(0, name.rfind(".conf"));
}

// The default entry comes first: that of loader.conf (systemd-boot), or GRUB's saved entry. The
// others follow, the newest version first.
void sort_entries(const std::string& pattern, const std::string& saved, BootMenu& menu) {
  std::sort(menu.begin(), menu.end(), [](const BootEntry& a, const BootEntry& b) {
    return ::strverscmp(a.file.c_str(), b.file.c_str()) > 0;
  });
  const auto is_default = [&](const BootEntry& entry) {
    const std::string stem = stem_of(entry.file);
    return stem == saved ||
           (!pattern.empty() && (::fnmatch(pattern.c_str(), stem.c_str(), 0) == 0 ||
                                 ::fnmatch(pattern.c_str(), (stem + ".conf").c_str(), 0) == 0));
  };
  std::stable_partition(menu.begin(), menu.end(), is_default);
}

BootMenu loader_entries(const host::Root& root, const std::string& top,
                        const ShellSettings& known) {
  BootMenu menu;
  const std::string directory = top + "/loader/entries";
  for (const std::string& name : root.list(directory).value_or({}))
    if (const auto text = root.read(directory + "/" + name);
        text && name.ends_with(".conf") && menu.size() < kMostEntries)
      menu.push_back(parse_loader_entry(directory + "/" + name, *text, known));
  std::string pattern;
  for (const std::string conf = root.read(top + "/loader/loader.conf").value_or("");
       const std::string_view line : host::split(conf, "\n"))
    if (const auto words = host::split(line); words.size() == 2 && words[0] == "default")
      pattern = words[1];
  const auto saved = known.find("saved_entry");
  sort_entries(pattern, saved == known.end() ? "" : saved->second, menu);
  return menu;
}

}  // namespace

std::vector<BootMenu> boot_menus(const host::Root& root) {
  const std::vector<std::string> efi = vendors(root);
  const auto grubs = with({"/boot/grub", "/boot/grub2"}, efi);
  const ShellSettings known = grub_environment(root, grubs);
  std::vector<BootMenu> menus;
  const auto read = [&](const std::vector<std::string>& files, const auto& parse) {
    for (const std::string& file : files)
      if (const auto text = root.read(file, kMaxMenu)) menus.push_back(parse(file, *text));
  };
  read(files_named(root, grubs, {"grub.cfg"}),
       [&](const std::string& file, const std::string& text) {
         return parse_grub(file, text, known);
       });
  for (const std::string top : kTops) menus.push_back(loader_entries(root, top, known));
  const std::vector<std::string> tops(std::begin(kTops), std::end(kTops));
  read(files_named(root, tops, {"refind_linux.conf"}), parse_refind_linux);
  read(files_named(root, efi, {"refind.conf"}), parse_refind);
  read(files_named(root, with({"/boot", "/boot/extlinux", "/boot/syslinux"}, efi),
                   {"extlinux.conf", "syslinux.cfg"}),
       parse_syslinux);
  read(files_named(root, with({"/boot", "/boot/limine", "/efi", "/boot/efi"}, efi),
                   {"limine.conf", "limine.cfg"}),
       parse_limine);
  std::erase_if(menus, [](const BootMenu& menu) { return menu.empty(); });
  return menus;
}

}  // namespace verify
