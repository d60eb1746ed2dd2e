// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/units.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/inspect/image/systemd_settings.h"

namespace verify {
namespace {

// The directories of units, by precedence (lookup_paths_init in src/basic/path-lookup.c), without
// those in /run.
constexpr const char* kSplit = "lib/systemd/system";
constexpr const char* kSearchPaths[] = {
    "etc/systemd/system.control",   "etc/systemd/system",     "etc/systemd/system.attached",
    "usr/local/lib/systemd/system", "usr/lib/systemd/system", kSplit};

// The name of the file at `path` with all links resolved.
std::string end_of(const initramfs::ImageContents& image, const std::string& path) {
  return std::string(host::file_name(image.real_path(path).value_or(path)));
}

// A masked file: systemd reads no settings and no dependencies from it.
bool is_mask(const initramfs::ImageContents& image, const std::string& path) {
  if (image.real_path(path) == "dev/null") return true;
  const initramfs::ImageFile* file = image.resolve(path);
  return file && !file->directory && file->size == 0;
}

// "vfio-early-gate.service", "vfio-early-.service", "vfio-.service", "service": systemd.unit(5)
// reads drop-ins and wants for each of these names.
std::vector<std::string> names_with_drop_ins(const std::string& unit) {
  std::vector<std::string> names = {unit};
  if (const Instance instance = instance_of(unit); !instance.of.empty())
    names.push_back(instance.of);
  const size_t dot = unit.rfind('.');
  for (size_t dash = unit.rfind('-', dot); dash != unit.npos && dash > 0;
       dash = unit.rfind('-', dash - 1))
    names.push_back(unit.substr(0, dash + 1) + unit.substr(dot));
  names.push_back(unit.substr(dot + 1));
  return names;
}

// The directories NAME + `ending` of a unit: first those of its own names, then those of its type.
std::vector<std::string> directories_of(const std::string& unit, std::string_view ending) {
  std::vector<std::string> names = names_with_drop_ins(unit), directories;
  const std::string type = names.back();
  names.pop_back();
  for (const char* search_path : kSearchPaths)
    for (const std::string& name : names)
      directories.push_back(fmt::format("{}/{}{}", search_path, name, ending));
  for (const char* search_path : kSearchPaths)
    directories.push_back(fmt::format("{}/{}{}", search_path, type, ending));
  return directories;
}

// The paths of a unit's drop-ins, in the order of their names. Of drop-ins with the same name, the
// one in the first directory counts.
std::map<std::string, std::string> drop_ins(const initramfs::ImageContents& image,
                                            const std::string& unit) {
  std::map<std::string, std::string> files;
  for (const std::string& directory : directories_of(unit, ".d"))
    for (const std::string& name : image.list(directory))
      if (name.ends_with(".conf")) files.emplace(name, directory + "/" + name);
  return files;
}

// The most settings and drop-ins of a unit, together. Far more than any usual unit has.
constexpr size_t kMaxSettings = 10'000;

// Is a condition met? nullopt: this cannot be decided from the image.
std::optional<bool> holds(const initramfs::ImageContents& image, std::string_view kind,
                          std::string_view value) {
  const bool negated = value.starts_with('!');
  if (negated) value.remove_prefix(1);
  if (value.starts_with('|') || !value.starts_with('/')) return std::nullopt;
  const initramfs::ImageFile* file = image.resolve(value);
  if (kind == "PathExists") return (file != nullptr) != negated;
  if (kind == "PathIsDirectory") return (file && file->directory) != negated;
  if (kind == "FileNotEmpty") return (file && file->regular && file->size > 0) != negated;
  if (kind == "FileIsExecutable")
    return (file && file->regular && (file->permissions & 0111)) != negated;
  return std::nullopt;
}

bool is_condition(const SystemdSetting& setting) {
  return setting.section == "Unit" &&
         (setting.key.starts_with("Condition") || setting.key.starts_with("Assert"));
}

void judge_condition(const initramfs::ImageContents& image, const SystemdSetting& setting,
                     ImageUnit& unit) {
  const std::string_view kind =
      std::string_view(setting.key)
          .substr(setting.key.starts_with("Assert") ? 6 : sizeof("Condition") - 1);
  const auto answer = holds(image, kind, setting.value);
  if (!answer) unit.undecided.push_back(setting.str());
  if (answer == false) unit.unmet_conditions.push_back(setting.str());
}

// An empty assignment resets all conditions of every kind.
void add_condition(const SystemdSetting& setting, std::vector<SystemdSetting>& conditions) {
  const char first = setting.key.front();
  if (setting.value.empty())
    std::erase_if(conditions,
                  [&](const SystemdSetting& other) { return other.key.front() == first; });
  else
    conditions.push_back(setting);
}

// A command of a service, or of another unit that starts programs.
void add_command(const SystemdSetting& setting, ImageUnit& unit) {
  if (setting.key.starts_with("Exec") && !setting.value.empty())
    unit.commands.push_back(setting.value);
}

// False: this setting is not judged here.
bool apply(const SystemdSetting& setting, ImageUnit& unit,
           std::vector<SystemdSetting>& conditions) {
  if (is_condition(setting)) return add_condition(setting, conditions), true;
  if (setting.section != "Service" || setting.key != "ExecStart") return false;
  if (setting.value.empty())
    unit.exec_start.clear();
  else
    unit.exec_start.push_back(setting.value);
  return true;
}

// With other values, the output is a file or a socket, which may be missing.
bool is_usual_output(std::string_view value) {
  constexpr const char* kUsual[] = {"inherit",         "null",        "journal", "kmsg",
                                    "journal+console", "kmsg+console"};
  return std::find(std::begin(kUsual), std::end(kUsual), value) != std::end(kUsual);
}

// Environment variables of systemd-sleep only: a vendor's drop-in for all services sets them.
bool is_for_sleep(std::string_view value) {
  const auto words = host::split(value, " \t\"'");
  return std::all_of(words.begin(), words.end(),
                     [](std::string_view word) { return word.starts_with("SYSTEMD_SLEEP_"); });
}

// Settings that, in a drop-in, cannot keep a unit from being started and do not delay it.
bool is_harmless(const SystemdSetting& setting) {
  constexpr const char* kHarmless[][2] = {{"Unit", "Description"},
                                          {"Unit", "Documentation"},
                                          {"Service", "Nice"},
                                          {"Service", "SyslogIdentifier"},
                                          {"Service", "TimeoutAbortSec"},
                                          {"Service", "TimeoutStopFailureMode"},
                                          {"Service", "TimeoutStopSec"}};
  // systemd ignores these sections.
  if (setting.section == "Install" || setting.section.starts_with("X-")) return true;
  if (setting.section == "Service" && setting.key == "Environment")
    return is_for_sleep(setting.value);
  if (setting.section == "Service" &&
      (setting.key == "StandardOutput" || setting.key == "StandardError"))
    return is_usual_output(setting.value);
  return std::any_of(std::begin(kHarmless), std::end(kHarmless), [&](const auto& known) {
    return setting.section == known[0] && setting.key == known[1];
  });
}

void add_names(std::string_view value, std::vector<std::string>& names) {
  for (const std::string_view name : host::split(value)) names.emplace_back(name);
}

// An empty value resets nothing (systemd.unit(5), "[Unit] Section Options").
void add_dependencies(const SystemdSetting& setting, ImageUnit& unit) {
  const std::string& key = setting.key;
  const std::pair<const char*, std::vector<std::string>&> kinds[] = {
      {"Before", unit.before},          {"After", unit.after},
      {"Wants", unit.wanted_units},     {"Requires", unit.wanted_units},
      {"BindsTo", unit.wanted_units},   {"Upholds", unit.wanted_units},
      {"Conflicts", unit.conflicts},    {"Requires", unit.required_units},
      {"BindsTo", unit.required_units}, {"Requisite", unit.required_units}};
  for (const auto& [known, names] : kinds)
    if (key == known) add_names(setting.value, names);
  constexpr const char* kNo[] = {"no", "0", "false", "off", "n", "f"};
  if (key == "DefaultDependencies")
    unit.default_dependencies = std::none_of(std::begin(kNo), std::end(kNo), [&](const char* no) {
      return host::lower(setting.value) == no;
    });
}

void add_activation(const SystemdSetting& setting, ImageUnit& unit) {
  if ((setting.section == "Socket" && setting.key == "Service") ||
      ((setting.section == "Timer" || setting.section == "Path") && setting.key == "Unit"))
    add_names(setting.value, unit.activates);
}

// Only the first setting that is not judged is added to `unsupported_settings`.
void apply_drop_in(const initramfs::ImageContents& image, const std::string& path, size_t& room,
                   ImageUnit& unit, std::vector<SystemdSetting>& conditions) {
  if (is_mask(image, path)) return;
  const initramfs::ImageFile* file = image.resolve(path);
  if (!file || (file->text.empty() && file->size > 0))
    return unit.unsupported_settings.push_back(
        fmt::format("is changed by {}, which cannot be read", path));
  bool noted = false;
  for (const SystemdSetting& setting : read_settings(image.text(path), room)) {
    if (setting.section == "Unit") add_dependencies(setting, unit);
    add_command(setting, unit);
    if (apply(setting, unit, conditions) || is_harmless(setting) || noted) continue;
    unit.unsupported_settings.push_back(
        fmt::format("is changed by {}, which sets {}=", path, setting.key));
    noted = true;
  }
}

// Finds the unit's file in the first directory that has one. False: not found, or masked.
bool find_file(const initramfs::ImageContents& image, const std::string& name, ImageUnit& unit) {
  for (const std::string search_path : kSearchPaths) {
    const std::string path = search_path + "/" + name;
    const initramfs::ImageFile* file = image.find(path);
    if (!file || file->directory) continue;
    unit.file = path;
    unit.masked = is_mask(image, path);
    const std::string end = end_of(image, path);
    if (end != name) unit.alias_of = end;
    const initramfs::ImageFile* target = image.resolve(path);
    if ((!target || !target->regular) && !unit.masked) unit.file.clear();
    unit.text = image.text(path);
    unit.unread = target && target->size > 0 && unit.text.empty();
    // systemd reads this directory only if it is built for a /lib that is separate from /usr/lib.
    if (search_path == kSplit)
      unit.unsupported_settings.push_back("is in lib/systemd/system, which systemd may not read");
    break;
  }
  return !unit.file.empty() && !unit.masked;
}

}  // namespace

ImageUnit read_unit(const initramfs::ImageContents& image, const std::string& name) {
  ImageUnit unit;
  if (!find_file(image, name, unit) && !unit.masked) {
    const Instance instance = instance_of(name);
    if (instance.of.empty() || !find_file(image, instance.of, unit)) return unit;
  }
  if (unit.masked) return unit;
  std::vector<SystemdSetting> conditions;
  size_t room = kMaxSettings + 1;
  for (const SystemdSetting& setting : read_settings(unit.text, room)) {
    (void)apply(setting, unit, conditions);
    if (setting.section == "Unit") add_dependencies(setting, unit);
    add_command(setting, unit);
    add_activation(setting, unit);
  }
  for (const auto& [file, path] : drop_ins(image, name)) {
    if (room > 0) --room;
    if (room == 0) break;
    apply_drop_in(image, path, room, unit, conditions);
  }
  if (room == 0)
    unit.unsupported_settings.push_back(
        fmt::format("has more than {} settings and drop-ins", kMaxSettings));
  for (const SystemdSetting& condition : conditions) judge_condition(image, condition, unit);
  return unit;
}

Instance instance_of(std::string_view unit) {
  const size_t at = unit.find('@'), dot = unit.rfind('.');
  if (at == unit.npos || dot == unit.npos || dot <= at + 1) return {};
  return {std::string(unit.substr(0, at + 1)) + std::string(unit.substr(dot)),
          std::string(unit.substr(at + 1, dot - at - 1))};
}

std::vector<std::string> unit_names(const initramfs::ImageContents& image) {
  std::set<std::string> names;
  for (const char* search_path : kSearchPaths)
    for (std::string& name : image.list(search_path))
      for (const char* type : {".service", ".socket", ".target", ".mount", ".timer", ".path",
                               ".automount", ".swap", ".slice", ".device"})
        if (name.ends_with(type)) names.insert(name);
  return {names.begin(), names.end()};
}

std::vector<std::string> linked_wants(const initramfs::ImageContents& image,
                                      const std::string& unit) {
  std::set<std::string> names;
  for (const char* ending : {".wants", ".requires"})
    for (const std::string& directory : directories_of(unit, ending))
      for (std::string& name : image.list(directory)) names.insert(std::move(name));
  return {names.begin(), names.end()};
}

// process_deps() in src/core/load-dropin.c.
ImageWant find_want(const initramfs::ImageContents& image, const std::string& unit,
                    const std::string& target) {
  ImageWant want;
  for (const char* ending : {".wants", ".requires"})
    for (const std::string& directory : directories_of(target, ending)) {
      const std::string path = directory + "/" + unit;
      const initramfs::ImageFile* file = image.find(path);
      if (!file) continue;
      want = {.file = path};
      if (is_mask(image, path))
        want.why = "is masked";
      else if (file->link.empty())
        want.why = "is not a link";
      else
        want.wanted = true;
      if (const std::string end = end_of(image, path); want.wanted && end != unit)
        want.why = "is a link to " + end;
      if (want.wanted) return want;
      break;
    }
  return want;
}

}  // namespace verify
