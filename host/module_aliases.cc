// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/module_aliases.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "host/module_directory.h"
#include "host/text.h"

namespace host {

Result<ModuleAliases> ModuleAliases::read(const Root& root, const std::string& release) {
  constexpr size_t kMaxSize = size_t{8} << 20;  // a distribution's kernel has 2 MiB
  constexpr size_t kMaxCount = 50'000;          // a distribution's has 10'000
  constexpr size_t kMaxOthers = 100;
  const auto text = root.read(find_module_directory(root, release) + "/modules.alias", kMaxSize);
  if (!text) return text.error();
  ModuleAliases aliases;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.starts_with("alias pci:")) continue;
    const auto words = split(line);
    if (words.size() != 3) continue;
    if (const auto alias = PciAlias::parse(words[1]))
      aliases.aliases_.emplace_back(*alias, words[2]);
    else
      aliases.others_.emplace_back(words[1], words[2]);
    if (aliases.others_.size() > kMaxOthers || aliases.aliases_.size() > kMaxCount)
      return Error{
          EFBIG, "read modules.alias, which has too many aliases, or too many in an unknown form"};
  }
  return aliases;
}

std::vector<std::string> ModuleAliases::modules_for(const std::string& modalias) const {
  std::vector<std::string> modules;
  const auto add = [&](const std::string& module) {
    constexpr size_t kMaxCount = 100;  // known kernels have at most three for one function
    if (modules.size() < kMaxCount &&
        std::find(modules.begin(), modules.end(), module) == modules.end())
      modules.push_back(module);
  };
  if (const auto function = PciAlias::parse(modalias))
    for (const auto& [alias, module] : aliases_)
      if (alias.matches(*function)) add(module);
  for (const auto& [pattern, module] : others_)
    if (matches_pattern(pattern, modalias)) add(module);
  return modules;
}

}  // namespace host
