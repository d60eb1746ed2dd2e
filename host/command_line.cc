// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/command_line.h"

#include <algorithm>

#include "host/text.h"

namespace host {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ' ' || c == '\n' || c == '\t')) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  std::erase(words, "");
  return words;
}

}  // namespace

CommandLine CommandLine::parse(std::string_view text) {
  CommandLine line;
  for (const std::string& word : words_of(text)) {
    const size_t equals = word.find('=');
    line.parameters_.push_back(
        {.name = underscored(word.substr(0, equals)),
         .value = equals == word.npos ? std::string() : word.substr(equals + 1)});
  }
  return line;
}

std::optional<std::string> CommandLine::value(std::string_view name) const {
  const auto all = values(name);
  if (all.empty()) return std::nullopt;
  return all.back();
}

std::vector<std::string> CommandLine::values(std::string_view name) const {
  const std::string plain = underscored(name);
  std::vector<std::string> found;
  for (const Parameter& parameter : parameters_)
    if (parameter.name == plain) found.push_back(parameter.value);
  return found;
}

std::optional<std::string> CommandLine::value_with_word(std::string_view name,
                                                        std::string_view word) const {
  for (const std::string& value : values(name)) {
    const auto words = split(value, ",");
    if (std::find(words.begin(), words.end(), word) != words.end()) return value;
  }
  return std::nullopt;
}

std::vector<CommandLine::Parameter> CommandLine::with_prefix(std::string_view prefix) const {
  std::vector<Parameter> found;
  for (const Parameter& parameter : parameters_)
    if (parameter.name.starts_with(prefix))
      found.push_back({parameter.name.substr(prefix.size()), parameter.value});
  return found;
}

// Only intel_iommu= has an "on" (intel_iommu_setup in drivers/iommu/intel/iommu.c); the kernel does
// not know amd_iommu=on.
std::vector<std::string> iommu_off_parameters(const CommandLine& line) {
  std::vector<std::string> found;
  for (const std::string name : {"intel_iommu", "amd_iommu", "iommu"}) {
    std::string off;
    for (const std::string& value : line.values(name))
      for (const std::string_view word : split(value, ",")) {
        if (word == "off") off = name + "=" + value;
        if (word == "on" && name == "intel_iommu") off.clear();
      }
    if (!off.empty()) found.push_back(off);
  }
  return found;
}

}  // namespace host
