// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/written_command_lines.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "host/text.h"
#include "verify/shell_text.h"
#include "verify/unified_image.h"

namespace verify {
namespace {

constexpr size_t kMaxText = size_t{1} << 20;
constexpr size_t kMostFiles = 200;  // of a directory
constexpr size_t kMaxAddon = size_t{64} << 20;

// The files of a directory whose names have this ending, in the order in which they are read.
std::vector<std::string> files_in(const host::Root& root, const std::string& directory,
                                  std::string_view ending) {
  std::vector<std::string> files;
  for (const std::string& name : root.list(directory).value_or({}))
    if (name.ends_with(ending) && files.size() < kMostFiles)
      files.push_back(directory + "/" + name);
  return files;
}

// Files with only a command line. That in /usr counts if /etc has none: kernel-install(8).
void add_plain(const host::Root& root, std::vector<WrittenCommandLine>& lines) {
  std::vector<std::string> files = {root.exists("/etc/kernel/cmdline") ? "/etc/kernel/cmdline"
                                                                       : "/usr/lib/kernel/cmdline"};
  for (const char* directory : {"/etc/cmdline.d", "/etc/kernel/cmdline.d"})
    for (const std::string& file : files_in(root, directory, ".conf")) files.push_back(file);
  for (const std::string& file : files)
    if (const auto text = root.read(file, kMaxText))
      lines.push_back({file, without_comments(*text)});
}

struct Setting {
  std::string value;
  std::string place;  // the file that changed it last
};

// The final values, after all shell files, of the variables whose names begin with `prefix`.
std::map<std::string, Setting> read_settings(const host::Root& root,
                                             const std::vector<std::string>& files,
                                             std::string_view prefix) {
  ShellSettings settings;
  std::map<std::string, Setting> found;
  for (const std::string& file : files) {
    read_shell_settings(root.read(file, kMaxText).value_or(""), settings);
    for (auto at = settings.lower_bound(std::string(prefix));
         at != settings.end() && at->first.starts_with(prefix); ++at)
      if (Setting& setting = found[at->first]; setting.value != at->second)
        setting = {at->second, file};
  }
  return found;
}

// A normal entry of grub-mkconfig has both, GRUB_CMDLINE_LINUX first (/etc/grub.d/10_linux).
void add_grub(const host::Root& root, std::vector<WrittenCommandLine>& lines) {
  std::vector<std::string> files = {"/etc/default/grub"};
  for (const std::string& file : files_in(root, "/etc/default/grub.d", ".cfg"))
    files.push_back(file);
  constexpr std::string_view kSetting = "GRUB_CMDLINE_LINUX";
  std::vector<std::string> places;
  std::string text;
  for (const auto& [name, setting] : read_settings(root, files, kSetting)) {
    if (name != kSetting && name != "GRUB_CMDLINE_LINUX_DEFAULT") continue;
    if (std::find(places.begin(), places.end(), setting.place) == places.end())
      places.push_back(setting.place);
    text += setting.value + " ";
  }
  if (!text.empty()) lines.push_back({host::join(places, ", "), text});
}

// KERNEL_CMDLINE[default]="…", for each kernel, or kernel_cmdline="…" alone.
void add_settings(const host::Root& root, const std::vector<std::string>& files,
                  const std::string& setting, std::vector<WrittenCommandLine>& lines) {
  for (const auto& [name, found] : read_settings(root, files, setting))
    if (name == setting || name.starts_with(setting + "["))
      lines.push_back({found.place, found.value});
}

std::vector<std::string> dracut_files(const host::Root& root) {
  std::vector<std::string> files = {"/etc/dracut.conf"};
  for (const char* directory : {"/usr/lib/dracut/dracut.conf.d", "/etc/dracut.conf.d"})
    for (const std::string& file : files_in(root, directory, ".conf")) files.push_back(file);
  return files;
}

}  // namespace

std::vector<WrittenCommandLine> written_command_lines(const host::Root& root) {
  std::vector<WrittenCommandLine> lines;
  add_plain(root, lines);
  add_grub(root, lines);
  add_settings(root, dracut_files(root), "kernel_cmdline", lines);
  add_settings(root, {"/etc/default/limine"}, "KERNEL_CMDLINE", lines);
  return lines;
}

std::vector<WrittenCommandLine> addon_command_lines(const std::string& file) {
  std::error_code none;
  const std::string path = std::filesystem::absolute(file, none).lexically_normal();
  std::vector<std::string> directories = {path + ".extra.d"};
  if (const size_t efi = path.rfind("/EFI/"); efi != path.npos)
    directories.push_back(path.substr(0, efi) + "/loader/addons");
  std::vector<WrittenCommandLine> lines;
  for (const std::string& directory : directories) {
    const auto tree = host::Root::open_tree(directory);
    if (!tree) continue;
    for (const std::string& name : tree->list("/").value_or({}))
      if (name.ends_with(".addon.efi"))
        if (const auto bytes = tree->read("/" + name, kMaxAddon))
          if (const auto text = section_of(*bytes, ".cmdline"))
            lines.push_back({directory + "/" + name, std::string(*text)});
  }
  return lines;
}

std::string without_comments(std::string_view text) {
  std::string line;
  for (const std::string_view part : host::split(text, "\n"))
    if (!host::trim(part).starts_with('#')) line += std::string(part) + " ";
  return line;
}

}  // namespace verify
