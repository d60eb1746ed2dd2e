// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_units.h"

#include <map>
#include <optional>

#include <fmt/format.h>

#include "host/text.h"

namespace verify {
namespace {

// In the order in which they count.
constexpr const char* kPlaces[] = {"etc/systemd/system", "run/systemd/system",
                                   "usr/lib/systemd/system", "lib/systemd/system"};

// The drop-ins of a unit in the order of their names; of two with one name the earlier place's.
std::map<std::string, std::string> drop_ins(const ImageContents& image, const std::string& unit) {
  std::map<std::string, std::string> files;
  for (const std::string place : kPlaces) {
    const std::string directory = fmt::format("{}/{}.d", place, unit);
    for (const std::string& name : image.list(directory))
      if (name.ends_with(".conf")) files.emplace(name, directory + "/" + name);
  }
  return files;
}

// "key=value" of each line, comments and continued lines as systemd.syntax(7) has them.
std::vector<std::pair<std::string, std::string>> settings(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> found;
  std::string line;
  for (const std::string_view piece : host::split(text, "\n")) {
    const std::string_view trimmed = host::trim(piece);
    if (trimmed.empty() || trimmed.starts_with('#') || trimmed.starts_with(';')) continue;
    line += trimmed;
    if (line.ends_with('\\')) {
      line.back() = ' ';
      continue;
    }
    if (const size_t equals = line.find('='); equals != line.npos && !line.starts_with('['))
      found.emplace_back(host::trim(line.substr(0, equals)), host::trim(line.substr(equals + 1)));
    line.clear();
  }
  return found;
}

// Nothing: the image alone does not tell.
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

void judge_condition(const ImageContents& image, const std::string& key, const std::string& value,
                     ImageUnit& unit) {
  const std::string_view kind =
      std::string_view(key).substr(key.starts_with("Assert") ? 6 : sizeof("Condition") - 1);
  const auto answer = holds(image, kind, value);
  if (!answer) unit.undecided.push_back(key + "=" + value);
  if (answer == false) unit.in_the_way.push_back(key + "=" + value);
}

using Conditions = std::vector<std::pair<std::string, std::string>>;

void apply(std::string_view text, ImageUnit& unit, Conditions& conditions) {
  for (const auto& [key, value] : settings(text)) {
    if (key == "ExecStart") {
      if (value.empty())
        unit.exec_start.clear();
      else
        unit.exec_start.push_back(value);
    } else if (key == "Before") {
      for (const std::string_view name : host::split(value)) unit.before.emplace_back(name);
    } else if (key.starts_with("Condition") || key.starts_with("Assert")) {
      // An empty one takes back all, of every kind.
      const char first = key.front();
      if (value.empty())
        std::erase_if(conditions, [&](const auto& other) { return other.first.front() == first; });
      else
        conditions.emplace_back(key, value);
    }
  }
}

}  // namespace

ImageUnit read_unit(const ImageContents& image, const std::string& name) {
  ImageUnit unit;
  for (const std::string place : kPlaces) {
    const std::string path = place + "/" + name;
    const ImageFile* file = image.find(path);
    if (!file) continue;
    unit.file = path;
    const ImageFile* target = image.resolve(path);
    unit.masked = file->link == "/dev/null" || (target && target->regular && target->size == 0);
    if (!target && !unit.masked) unit.file.clear();
    break;
  }
  if (unit.file.empty() || unit.masked) return unit;
  Conditions conditions;
  apply(image.resolve(unit.file)->text, unit, conditions);
  for (const auto& [file, path] : drop_ins(image, name)) apply(image.text(path), unit, conditions);
  for (const auto& [key, value] : conditions) judge_condition(image, key, value, unit);
  return unit;
}

bool is_wanted_by(const ImageContents& image, const std::string& unit, const std::string& target) {
  for (const std::string place : kPlaces)
    for (const char* way : {"wants", "requires"})
      if (image.find(fmt::format("{}/{}.{}/{}", place, target, way, unit))) return true;
  return false;
}

}  // namespace verify
