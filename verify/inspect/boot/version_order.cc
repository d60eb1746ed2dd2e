// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/version_order.h"

#include <algorithm>
#include <cctype>

namespace verify {
namespace {

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

constexpr std::string_view kSeparators = "~-^.";

void skip_unknown(std::string_view& text) {
  const auto known = [](char c) {
    return is_digit(c) || is_letter(c) || kSeparators.find(c) != kSeparators.npos;
  };
  text.remove_prefix(
      static_cast<size_t>(std::find_if(text.begin(), text.end(), known) - text.begin()));
}

// Removes and returns the characters of one kind at the start of `text`.
std::string_view take(std::string_view& text, bool (*is_kind)(char)) {
  const auto length =
      static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_kind) - text.begin());
  const std::string_view segment = text.substr(0, length);
  text.remove_prefix(length);
  return segment;
}

std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  if (a.empty() != b.empty()) return b.empty() <=> a.empty();
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  return a.size() != b.size() ? a.size() <=> b.size() : a <=> b;
}

}  // namespace

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  for (;;) {
    skip_unknown(a);
    skip_unknown(b);
    // Only "~" sorts before the end of a version.
    for (const char separator : kSeparators) {
      const bool in_a = a.starts_with(separator), in_b = b.starts_with(separator);
      if (in_a != in_b) return in_b <=> in_a;
      if (in_a) a.remove_prefix(1), b.remove_prefix(1);
      if (separator == '~' && (a.empty() || b.empty())) return !a.empty() <=> !b.empty();
    }
    const bool numbers = (!a.empty() && is_digit(a[0])) || (!b.empty() && is_digit(b[0]));
    const auto kind = numbers ? is_digit : is_letter;
    const std::string_view first = take(a, kind), second = take(b, kind);
    const auto order = numbers ? compare_numbers(first, second) : first <=> second;
    if (order != std::strong_ordering::equal) return order;
  }
}

}  // namespace verify
