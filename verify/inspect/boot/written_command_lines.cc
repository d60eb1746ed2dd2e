// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/written_command_lines.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "host/text.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/unified_image.h"
#include "verify/inspect/shell/text.h"

namespace verify {
namespace {

constexpr size_t kMaxAddon = size_t{64} << 20;

struct Source {
  std::string file, text;
};

// Reads the files that exist, within the budget.
std::vector<Source> read_files(BootFiles& boot, const std::vector<std::string>& files) {
  std::vector<Source> sources;
  for (const std::string& file : files)
    if (auto text = boot.text_of(file)) sources.push_back({file, std::move(*text)});
  return sources;
}

// Files with only a command line. The one in /usr is used if /etc has none: kernel-install(8).
void add_plain(BootFiles& boot, std::vector<WrittenCommandLine>& lines) {
  std::vector<std::string> files = {boot.exists("/etc/kernel/cmdline") ? "/etc/kernel/cmdline"
                                                                       : "/usr/lib/kernel/cmdline"};
  for (const char* directory : {"/etc/cmdline.d", "/etc/kernel/cmdline.d"})
    for (const std::string& file : boot.files_in(directory, ".conf")) files.push_back(file);
  for (const Source& source : read_files(boot, files))
    lines.push_back({.location = source.file, .texts = {without_comments(source.text)}});
}

struct Setting {
  std::string value;
  std::string location;  // the file that changed it last
};

using Settings = std::map<std::string, Setting>;

// The final values, after all shell files, of the variables whose names begin with `prefix`.
Settings read_settings(const std::vector<Source>& sources, std::string_view prefix,
                       Branches& branches, host::Meter& meter) {
  ShellSettings settings;
  Settings found;
  for (const Source& source : sources) {
    if (!meter.in_time()) break;
    read_shell_settings(source.text, settings, branches);
    for (auto at = settings.lower_bound(std::string(prefix));
         at != settings.end() && at->first.starts_with(prefix); ++at)
      if (Setting& setting = found[at->first]; setting.value != at->second)
        setting = {at->second, source.file};
  }
  return found;
}

// The values if no branch of a condition is run, if all are run, and if only one is run.
std::vector<Settings> possible_settings(const std::vector<Source>& sources, std::string_view prefix,
                                        host::Meter& meter) {
  std::vector<Settings> possible;
  const auto add = [&](Branches branches) {
    possible.push_back(read_settings(sources, prefix, branches, meter));
    for (const auto& [name, setting] : possible.back())
      (void)meter.keep(name.size() + setting.value.size());
    return branches.count;
  };
  const size_t count = add({});
  if (count > 0) add({.run = [](size_t) { return false; }});
  for (size_t only = 0; only < count && meter.exceeded_limit().empty(); ++only)
    add({.run = [only](size_t number) { return number == only; }});
  return possible;
}

// The variables `names` as one command line, in this order.
void add_settings(const std::vector<Settings>& possible, const std::vector<std::string>& names,
                  bool used, std::vector<WrittenCommandLine>& lines) {
  WrittenCommandLine line{.location = {}, .texts = {}, .used = used};
  std::vector<std::string> locations;
  for (const Settings& settings : possible) {
    std::string text;
    for (const std::string& name : names) {
      const auto found = settings.find(name);
      if (found == settings.end()) continue;
      const auto& [value, location] = found->second;
      text += value + " ";
      if (!host::contains(locations, location)) locations.push_back(location);
    }
    if (std::find(line.texts.begin(), line.texts.end(), text) == line.texts.end())
      line.texts.push_back(std::move(text));
  }
  if (locations.empty()) return;
  line.location = host::join(locations, ", ");
  lines.push_back(std::move(line));
}

// A normal entry of grub-mkconfig has both variables, GRUB_CMDLINE_LINUX first
// (/etc/grub.d/10_linux). Without any grub.cfg, GRUB does not start this machine.
void add_grub(BootFiles& boot, std::vector<WrittenCommandLine>& lines) {
  std::vector<std::string> files = {"/etc/default/grub"};
  for (const std::string& file : boot.files_in("/etc/default/grub.d", ".cfg"))
    files.push_back(file);
  constexpr const char* kSetting = "GRUB_CMDLINE_LINUX";
  add_settings(possible_settings(read_files(boot, files), kSetting, boot.meter()),
               {kSetting, "GRUB_CMDLINE_LINUX_DEFAULT"}, has_grub_menu(boot), lines);
}

// KERNEL_CMDLINE[default]="…", for each kernel, or kernel_cmdline="…" alone.
void add_each_setting(const std::vector<Source>& sources, const std::string& setting,
                      host::Meter& meter, std::vector<WrittenCommandLine>& lines) {
  const std::vector<Settings> possible = possible_settings(sources, setting, meter);
  std::set<std::string> names;
  for (const Settings& settings : possible)
    for (const auto& [name, found] : settings)
      if (name == setting || name.starts_with(setting + "[")) names.insert(name);
  for (const std::string& name : names) add_settings(possible, {name}, true, lines);
}

std::vector<std::string> dracut_files(BootFiles& boot) {
  std::vector<std::string> files = {"/etc/dracut.conf"};
  for (const char* directory : {"/usr/lib/dracut/dracut.conf.d", "/etc/dracut.conf.d"})
    for (const std::string& file : boot.files_in(directory, ".conf")) files.push_back(file);
  return files;
}

}  // namespace

std::vector<WrittenCommandLine> written_command_lines(BootFiles& boot) {
  std::vector<WrittenCommandLine> lines;
  add_plain(boot, lines);
  add_grub(boot, lines);
  const auto add = [&](const std::vector<std::string>& files, const char* setting) {
    add_each_setting(read_files(boot, files), setting, boot.meter(), lines);
  };
  add(dracut_files(boot), "kernel_cmdline");
  add({"/etc/default/limine"}, "KERNEL_CMDLINE");
  return lines;
}

std::vector<AddonCommandLine> addon_command_lines(const std::string& file) {
  std::error_code none;
  const std::string path = std::filesystem::absolute(file, none).lexically_normal();
  std::vector<std::string> directories = {path + ".extra.d"};
  if (const size_t efi = path.rfind("/EFI/"); efi != path.npos)
    directories.push_back(path.substr(0, efi) + "/loader/addons");
  std::vector<AddonCommandLine> lines;
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
