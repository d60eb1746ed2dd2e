// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_modprobe.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fnmatch.h>

#include "host/text.h"

namespace verify {
namespace {

// default_config_paths in libkmod/libkmod.c, without /run: of two files with one name the first
// counts.
constexpr const char* kPlaces[] = {"etc/modprobe.d", "usr/local/lib/modprobe.d", "lib/modprobe.d"};

std::map<std::string, std::string> files_of(const ImageContents& image) {
  std::map<std::string, std::string> files;
  for (const std::string place : kPlaces)
    for (const std::string& name : image.list(place))
      if (name.ends_with(".conf") || name.ends_with(".alias"))
        files.emplace(name, place + "/" + name);
  return files;
}

// A backslash at the end of a line continues it in the next one.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::string line;
  for (const std::string_view part : host::split(text, "\n")) {
    line += part;
    if (line.ends_with('\\')) {
      line.back() = ' ';
      continue;
    }
    lines.push_back(std::move(line));
    line.clear();
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

// A command that loads nothing in any image.
bool loads_nothing(std::string_view command) {
  const std::string_view name = command.substr(command.rfind('/') + 1);
  return name == "false" || name == "true" || name == ":" || name == "exit";
}

// fnmatch() as in kmod_module_get_install_commands() of libkmod/libkmod-module.c.
bool matches(std::string_view pattern, const std::string& module) {
  return ::fnmatch(host::underscored(pattern).c_str(), module.c_str(), 0) == 0;
}

// nullopt: the line is not an obstacle. Otherwise: is the obstacle certain?
std::optional<bool> judge(const std::vector<std::string_view>& words,
                          const std::set<std::string>& modules) {
  if (words.size() < 3) return std::nullopt;
  const bool for_ours = std::any_of(modules.begin(), modules.end(),
                                    [&](const auto& module) { return matches(words[1], module); });
  if (words[0] == "install" && for_ours) return loads_nothing(words[2]);
  const bool ours = words[0] == "alias" && matches(words[1], "vfio_pci");
  if (ours && host::underscored(words[2]) != "vfio_pci") return false;
  return std::nullopt;
}

}  // namespace

std::vector<ModprobeObstacle> modprobe_obstacles(const ImageContents& image,
                                                 const std::set<std::string>& modules) {
  std::vector<ModprobeObstacle> found;
  for (const auto& [name, path] : files_of(image)) {
    const ImageFile* file = image.resolve(path);
    if (!file) continue;
    if (file->size > 0 && file->text.empty())
      found.push_back({path + ", which cannot be read,", false});
    for (const std::string& line : lines_of(image.text(path)))
      if (const auto certain = judge(host::split(line), modules))
        found.push_back({fmt::format("{}: {}", path, host::trim(line)), *certain});
  }
  return found;
}

}  // namespace verify
