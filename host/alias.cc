// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/alias.h"

#include <cstddef>
#include <iterator>

#include "host/text.h"

namespace host {
namespace {

// The length of a set at the beginning of `pattern`, "[0-9a]"; 0 if it has no end.
size_t set_length(std::string_view pattern) {
  const size_t end = pattern.find(']', pattern.size() > 1 && pattern[1] == '!' ? 3 : 2);
  return end == pattern.npos ? 0 : end + 1;
}

bool in_set(std::string_view set, char c) {
  set = set.substr(1, set.size() - 2);
  const bool negated = set.starts_with('!');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    found |= range ? set[i] <= c && c <= set[i + 2] : set[i] == c;
    if (range) i += 2;
  }
  return found != negated;
}

// The length of the first element of `pattern` if `c` matches it, else 0.
size_t match_one(std::string_view pattern, char c) {
  if (pattern.empty()) return 0;
  if (pattern.front() == '[')
    if (const size_t length = set_length(pattern); length > 0)
      return in_set(pattern.substr(0, length), c) ? length : 0;
  return pattern.front() == '?' || pattern.front() == c ? 1 : 0;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  size_t at = 0, from = 0;                         // positions in the pattern and in the text
  size_t star = std::string_view::npos, left = 0;  // after the last "*"; the end of its match
  while (from < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      left = from;
    } else if (const size_t length = match_one(pattern.substr(at), text[from]); length > 0) {
      at += length;
      ++from;
    } else if (star != pattern.npos) {
      at = star;
      from = ++left;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == pattern.npos;
}

std::optional<PciAlias> PciAlias::parse(std::string_view text) {
  constexpr struct {
    std::string_view label;
    size_t digits;
  } kFields[] = {{"pci:v", 8}, {"d", 8}, {"sv", 8}, {"sd", 8}, {"bc", 2}, {"sc", 2}, {"i", 2}};
  PciAlias alias;
  for (size_t i = 0; i < std::size(kFields); ++i) {
    if (!text.starts_with(kFields[i].label)) return std::nullopt;
    text.remove_prefix(kFields[i].label.size());
    if (text.starts_with('*')) {
      text.remove_prefix(1);
      continue;
    }
    const std::string_view digits = text.substr(0, kFields[i].digits);
    const auto value =
        digits.find_first_of("abcdef") == digits.npos ? parse_number(digits, 16) : std::nullopt;
    if (digits.size() != kFields[i].digits || !value) return std::nullopt;
    alias.values_[i] = *value;
    alias.masks_[i] = UINT32_MAX;
    text.remove_prefix(digits.size());
  }
  // Linux before 4.1 appended one more "*".
  if (!text.empty() && text != "*") return std::nullopt;
  return alias;
}

bool PciAlias::matches(const PciAlias& modalias) const {
  for (size_t i = 0; i < values_.size(); ++i)
    if ((values_[i] ^ modalias.values_[i]) & masks_[i]) return false;
  return true;
}

}  // namespace host
