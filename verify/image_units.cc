// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_units.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "host/text.h"

namespace verify {
namespace {

// By precedence (lookup_paths_init in src/basic/path-lookup.c), without those in /run.
constexpr const char* kSplit = "lib/systemd/system";
constexpr const char* kPlaces[] = {"etc/systemd/system.control",  "etc/systemd/system",
                                   "etc/systemd/system.attached", "usr/local/lib/systemd/system",
                                   "usr/lib/systemd/system",      kSplit};

std::string name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

// The name of the file that links lead to from `path`.
std::string end_of(const ImageContents& image, const std::string& path) {
  return name_of(image.real_path(path).value_or(path));
}

// systemd reads no settings and no dependencies from such a file.
bool is_mask(const ImageContents& image, const std::string& path) {
  if (image.real_path(path) == "dev/null") return true;
  const ImageFile* file = image.resolve(path);
  return file && !file->directory && file->size == 0;
}

// "vfio-early-gate.service", "vfio-early-.service", "vfio-.service", "service": systemd.unit(5)
// reads drop-ins and wants for each of these names.
std::vector<std::string> names_with_drop_ins(const std::string& unit) {
  std::vector<std::string> names = {unit};
  const size_t dot = unit.rfind('.');
  for (size_t dash = unit.rfind('-', dot); dash != unit.npos && dash > 0;
       dash = unit.rfind('-', dash - 1))
    names.push_back(unit.substr(0, dash + 1) + unit.substr(dot));
  names.push_back(unit.substr(dot + 1));
  return names;
}

// The directories NAME + `ending` of a unit. First those of its own names, then those of its type.
std::vector<std::string> directories_of(const std::string& unit, std::string_view ending) {
  std::vector<std::string> names = names_with_drop_ins(unit), directories;
  const std::string type = names.back();
  names.pop_back();
  for (const char* place : kPlaces)
    for (const std::string& name : names)
      directories.push_back(fmt::format("{}/{}{}", place, name, ending));
  for (const char* place : kPlaces)
    directories.push_back(fmt::format("{}/{}{}", place, type, ending));
  return directories;
}

// The drop-ins of a unit in the order of their names; of two with one name the earlier directory's.
std::map<std::string, std::string> drop_ins(const ImageContents& image, const std::string& unit) {
  std::map<std::string, std::string> files;
  for (const std::string& directory : directories_of(unit, ".d"))
    for (const std::string& name : image.list(directory))
      if (name.ends_with(".conf")) files.emplace(name, directory + "/" + name);
  return files;
}

// Of the settings of a unit and its drop-ins together, and of the drop-ins. Far more than any has.
constexpr size_t kMostSettings = 10'000;

struct Setting {
  std::string section, key, value;
  std::string str() const { return key + "=" + value; }
};

// Comments and continued lines as in config_parse() of src/shared/conf-parser.c: an empty
// line ends a continued one, and so does the end of the file. Each setting lowers `room`; at 0 the
// rest of the text is not read.
std::vector<Setting> settings(std::string_view text, size_t& room) {
  std::vector<Setting> found;
  // Longer than the known names; each setting has a copy.
  constexpr size_t kLongestSection = 64;
  std::string line, section;
  const auto take_line = [&] {
    if (line.starts_with('['))
      section = line.substr(1, std::min(line.find(']') - 1, kLongestSection));
    else if (const size_t equals = line.find('='); equals != line.npos && room > 0) {
      found.push_back({section, std::string(host::trim(line.substr(0, equals))),
                       std::string(host::trim(line.substr(equals + 1)))});
      --room;
    }
    line.clear();
  };
  while (!text.empty() && room > 0) {
    const size_t end = text.find('\n');
    const std::string_view piece = host::trim(text.substr(0, end));
    text.remove_prefix(std::min(end, text.size() - 1) + 1);
    if (piece.starts_with('#') || piece.starts_with(';')) continue;
    line += piece;
    if (piece.ends_with('\\'))
      line.back() = ' ';
    else
      take_line();
  }
  take_line();
  return found;
}

// nullopt: the image alone does not decide.
std::optional<bool> holds(const ImageContents& image, std::string_view kind,
                          std::string_view value) {
  const bool negated = value.starts_with('!');
  if (negated) value.remove_prefix(1);
  if (value.starts_with('|') || !value.starts_with('/')) return std::nullopt;
  const ImageFile* file = image.resolve(value);
  if (kind == "PathExists") return (file != nullptr) != negated;
  if (kind == "PathIsDirectory") return (file && file->directory) != negated;
  if (kind == "FileNotEmpty") return (file && file->regular && file->size > 0) != negated;
  if (kind == "FileIsExecutable")
    return (file && file->regular && (file->permissions & 0111)) != negated;
  return std::nullopt;
}

bool is_condition(const Setting& setting) {
  return setting.section == "Unit" &&
         (setting.key.starts_with("Condition") || setting.key.starts_with("Assert"));
}

void judge_condition(const ImageContents& image, const Setting& setting, ImageUnit& unit) {
  const std::string_view kind =
      std::string_view(setting.key)
          .substr(setting.key.starts_with("Assert") ? 6 : sizeof("Condition") - 1);
  const auto answer = holds(image, kind, setting.value);
  if (!answer) unit.undecided.push_back(setting.str());
  if (answer == false) unit.in_the_way.push_back(setting.str());
}

// An empty assignment resets all conditions of every kind.
void add_condition(const Setting& setting, std::vector<Setting>& conditions) {
  const char first = setting.key.front();
  if (setting.value.empty())
    std::erase_if(conditions, [&](const Setting& other) { return other.key.front() == first; });
  else
    conditions.push_back(setting);
}

// False: this setting is not judged here.
bool apply(const Setting& setting, ImageUnit& unit, std::vector<Setting>& conditions) {
  if (is_condition(setting)) return add_condition(setting, conditions), true;
  if (setting.section != "Service" || setting.key != "ExecStart") return false;
  if (setting.value.empty())
    unit.exec_start.clear();
  else
    unit.exec_start.push_back(setting.value);
  return true;
}

// Other values name a file or a socket, which may be missing.
bool is_usual_output(std::string_view value) {
  constexpr const char* kUsual[] = {"inherit",         "null",        "journal", "kmsg",
                                    "journal+console", "kmsg+console"};
  return std::find(std::begin(kUsual), std::end(kUsual), value) != std::end(kUsual);
}

// For systemd-sleep: a vendor's drop-in for all services sets these.
bool is_for_sleep(std::string_view value) {
  const auto words = host::split(value, " \t\"'");
  return std::all_of(words.begin(), words.end(),
                     [](std::string_view word) { return word.starts_with("SYSTEMD_SLEEP_"); });
}

// In a drop-in these cannot keep a unit from being started, nor delay it.
bool is_harmless(const Setting& setting) {
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

// Of settings that are not judged the first one is noted.
void apply_drop_in(const ImageContents& image, const std::string& path, size_t& room,
                   ImageUnit& unit, std::vector<Setting>& conditions) {
  if (is_mask(image, path)) return;
  const ImageFile* file = image.resolve(path);
  if (!file || (file->text.empty() && file->size > 0))
    return unit.unjudged.push_back(fmt::format("is changed by {}, which cannot be read", path));
  bool noted = false;
  for (const Setting& setting : settings(image.text(path), room)) {
    if (apply(setting, unit, conditions) || is_harmless(setting) || noted) continue;
    unit.unjudged.push_back(fmt::format("is changed by {}, which sets {}=", path, setting.key));
    noted = true;
  }
}

// The file of the first directory that has one; false: there is no readable file.
bool find_file(const ImageContents& image, const std::string& name, ImageUnit& unit) {
  for (const std::string place : kPlaces) {
    const std::string path = place + "/" + name;
    const ImageFile* file = image.find(path);
    if (!file || file->directory) continue;
    unit.file = path;
    unit.masked = is_mask(image, path);
    const std::string end = end_of(image, path);
    if (end != name) unit.alias_of = end;
    const ImageFile* target = image.resolve(path);
    if ((!target || !target->regular) && !unit.masked) unit.file.clear();
    if (target) unit.text = target->text;
    unit.unread = target && target->size > 0 && target->text.empty();
    // Read only by a systemd that is built for a /lib separate from /usr/lib.
    if (place == kSplit)
      unit.unjudged.push_back("is in lib/systemd/system, which systemd may not read");
    break;
  }
  return !unit.file.empty() && !unit.masked;
}

void add_dependencies(const Setting& setting, ImageUnit& unit) {
  const std::pair<const char*, std::vector<std::string>&> kinds[] = {{"Before", unit.before},
                                                                     {"Wants", unit.pulled_in},
                                                                     {"Requires", unit.pulled_in},
                                                                     {"BindsTo", unit.pulled_in},
                                                                     {"Conflicts", unit.conflicts}};
  for (const auto& [key, names] : kinds)
    if (setting.key == key)
      for (const std::string_view name : host::split(setting.value)) names.emplace_back(name);
}

}  // namespace

ImageUnit read_unit(const ImageContents& image, const std::string& name) {
  ImageUnit unit;
  if (!find_file(image, name, unit)) return unit;
  std::vector<Setting> conditions;
  size_t room = kMostSettings + 1;
  for (const Setting& setting : settings(unit.text, room)) {
    (void)apply(setting, unit, conditions);
    if (setting.section == "Unit") add_dependencies(setting, unit);
  }
  for (const auto& [file, path] : drop_ins(image, name)) {
    if (room > 0) --room;
    if (room == 0) break;
    apply_drop_in(image, path, room, unit, conditions);
  }
  if (room == 0)
    unit.unjudged.push_back(fmt::format("has more than {} settings and drop-ins", kMostSettings));
  for (const Setting& condition : conditions) judge_condition(image, condition, unit);
  return unit;
}

// process_deps() in src/core/load-dropin.c.
ImageWant find_want(const ImageContents& image, const std::string& unit,
                    const std::string& target) {
  ImageWant want;
  for (const char* ending : {".wants", ".requires"})
    for (const std::string& directory : directories_of(target, ending)) {
      const std::string path = directory + "/" + unit;
      const ImageFile* file = image.find(path);
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
