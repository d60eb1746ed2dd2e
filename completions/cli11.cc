// SPDX-License-Identifier: GPL-2.0-or-later
#include "completions/cli11.h"

#include "host/text.h"

namespace completions {
namespace {

// The values in "TEXT:{kvm,tcg}" (CLI::IsMember) or "TEXT:value in {always->2,never->0} OR {2,0}"
// (CLI::CheckedTransformer): "kvm|tcg". "": the type is not a set.
std::string values_of(const std::string& type) {
  const size_t begin = type.find('{'), end = type.find('}', begin);
  if (begin == type.npos || end == type.npos) return {};
  std::vector<std::string> values;
  const std::string set = type.substr(begin + 1, end - begin - 1);
  for (const std::string_view value : host::split(set, ","))
    values.emplace_back(value.substr(0, value.find("->")));
  return host::join(values, "|");
}

}  // namespace

Kind value_kind(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "flag";
  const std::string type = option.get_type_name();
  if (const std::string values = values_of(type); !values.empty()) return "=" + values;
  if (!option.get_option_text().empty()) return kind_of(option.get_option_text());
  // "TEXT:FILE" is CLI::ExistingFile.
  return kind_of(type.ends_with(":FILE") ? "FILE" : type);
}

void add_options(const CLI::Option& option, std::vector<Option>& all) {
  for (const std::string& name : option.get_lnames())
    all.push_back({"--" + name, value_kind(option), option.get_description()});
  for (const std::string& name : option.get_snames())
    all.push_back({"-" + name, value_kind(option), option.get_description()});
}

}  // namespace completions
