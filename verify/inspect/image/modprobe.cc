// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/modprobe.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "host/alias.h"
#include "host/text.h"

namespace verify {
namespace {

// default_config_paths in libkmod/libkmod.c, without /run. Of two files with the same name, libkmod
// reads the first one.
constexpr const char* kSearchPaths[] = {"etc/modprobe.d", "usr/local/lib/modprobe.d",
                                        "lib/modprobe.d"};

std::map<std::string, std::string> files_of(const initramfs::ImageContents& image) {
  std::map<std::string, std::string> files;
  for (const std::string search_path : kSearchPaths)
    for (const std::string& name : image.list(search_path))
      if (name.ends_with(".conf") || name.ends_with(".alias"))
        files.emplace(name, search_path + "/" + name);
  return files;
}

// A line that ends with a backslash continues on the next line.
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

// Is it a command that never loads a module?
bool loads_nothing(std::string_view command) {
  const std::string_view name = host::file_name(command);
  return name == "false" || name == "true" || name == ":" || name == "exit";
}

// Comparisons of lines with module names, for a whole image: far more than any usual image needs.
constexpr size_t kMaxComparisons = 2'000'000;

bool is_rule(const std::vector<std::string_view>& words) {
  return words.size() >= 3 && (words[0] == "install" || words[0] == "alias");
}

// nullopt: the line is not an obstacle. Patterns as in kmod_module_get_install_commands() of
// libkmod/libkmod-module.c.
std::optional<ModprobeObstacle> judge(const std::vector<std::string_view>& words,
                                      const std::set<std::string>& modules) {
  const std::string pattern = host::underscored(words[1]);
  const auto module = std::find_if(modules.begin(), modules.end(), [&](const auto& name) {
    return host::matches_pattern(pattern, name);
  });
  if (module == modules.end()) return std::nullopt;
  if (words[0] == "install")
    return ModprobeObstacle{.module = *module, .certain = loads_nothing(words[2])};
  if (host::underscored(words[2]) == *module) return std::nullopt;
  return ModprobeObstacle{.module = *module, .certain = false};
}

}  // namespace

std::vector<ModprobeObstacle> modprobe_obstacles(const initramfs::ImageContents& image,
                                                 const std::set<std::string>& modules) {
  std::vector<ModprobeObstacle> found;
  size_t room = kMaxComparisons;
  for (const auto& [name, path] : files_of(image)) {
    const initramfs::ImageFile* file = image.resolve(path);
    if (!file) continue;
    if (file->size > 0 && file->text.empty())
      found.push_back({path + ", which cannot be read,", "vfio_pci", false});
    for (const std::string& line : lines_of(image.text(path))) {
      const auto words = host::split(line);
      if (!is_rule(words)) continue;
      if (room < modules.size()) {
        found.push_back({path + ", which has too many rules,", "vfio_pci", false});
        return found;
      }
      room -= modules.size();
      if (auto obstacle = judge(words, modules)) {
        obstacle->what = fmt::format("{}: {}", path, host::trim(line));
        found.push_back(std::move(*obstacle));
      }
    }
  }
  return found;
}

}  // namespace verify
