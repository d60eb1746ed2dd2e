// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/modprobe.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "host/modprobe_lines.h"
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
      if (host::is_modprobe_file(name)) files.emplace(name, search_path + "/" + name);
  return files;
}

// Comparisons of lines with module names, for a whole image: far more than any usual image needs.
constexpr size_t kMaxComparisons = 2'000'000;

bool is_rule(const host::ModprobeLine& line) {
  const std::string& command = line.command();
  return line.words.size() >= 3 &&
         (command == "install" || command == "remove" || command == "alias");
}

// nullopt: the line is about no module that is loaded, or has no effect.
std::optional<ModprobeRule> judge(const host::ModprobeLine& line,
                                  const std::set<std::string>& modules) {
  const auto module = std::find_if(modules.begin(), modules.end(),
                                   [&](const auto& name) { return line.names(name); });
  const bool is_alias = line.command() == "alias";
  if (module == modules.end() || (is_alias && host::underscored(line.words[2]) == *module))
    return std::nullopt;
  return ModprobeRule{
      .what = line.where + ": " + line.str(), .module = *module, .ignored = !is_alias};
}

}  // namespace

std::vector<ModprobeRule> modprobe_rules(const initramfs::ImageContents& image,
                                         const std::set<std::string>& modules) {
  std::vector<ModprobeRule> found;
  size_t room = kMaxComparisons;
  for (const auto& [name, path] : files_of(image)) {
    const initramfs::ImageFile* file = image.resolve(path);
    if (!file) continue;
    if (file->size > 0 && file->text.empty())
      found.push_back({path + ", which cannot be read,", "vfio_pci"});
    for (const host::ModprobeLine& line : host::parse_modprobe_lines(image.text(path), path)) {
      if (!is_rule(line)) continue;
      if (room < modules.size()) {
        found.push_back({path + ", which has too many rules,", "vfio_pci"});
        return found;
      }
      room -= modules.size();
      if (auto rule = judge(line, modules)) found.push_back(std::move(*rule));
    }
  }
  return found;
}

}  // namespace verify
