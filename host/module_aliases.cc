// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/module_aliases.h"

#include <algorithm>
#include <string_view>

#include <fnmatch.h>

#include "host/text.h"

namespace host {
namespace {

// A pattern, as "pci:v000010DEd*sv*sd*bc03sc*i*", begins with its vendor, or with a wildcard. To
// see that it is another maker's is much cheaper than to match it.
bool may_match(std::string_view pattern, std::string_view modalias) {
  constexpr size_t kThroughVendor = std::string_view("pci:v000010DE").size();
  const std::string_view vendor = pattern.substr(0, kThroughVendor);
  return vendor.find_first_of("*?[") != vendor.npos || modalias.starts_with(vendor);
}

}  // namespace

Result<ModuleAliases> ModuleAliases::read(const Root& root, const std::string& release) {
  constexpr size_t kMaxSize = size_t{32} * 1024 * 1024;
  const auto text = root.read("/lib/modules/" + release + "/modules.alias", kMaxSize);
  if (!text) return text.error();
  ModuleAliases aliases;
  for (const std::string_view line : split(*text, "\n")) {
    if (!line.starts_with("alias pci:")) continue;
    const auto words = split(line);
    if (words.size() == 3) aliases.patterns_.emplace_back(words[1], words[2]);
  }
  return aliases;
}

std::vector<std::string> ModuleAliases::modules_for(const std::string& modalias) const {
  std::vector<std::string> modules;
  for (const auto& [pattern, module] : patterns_)
    if (may_match(pattern, modalias) && ::fnmatch(pattern.c_str(), modalias.c_str(), 0) == 0 &&
        std::find(modules.begin(), modules.end(), module) == modules.end())
      modules.push_back(module);
  return modules;
}

}  // namespace host
