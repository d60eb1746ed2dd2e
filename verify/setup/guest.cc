// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/guest.h"

#include <algorithm>

namespace verify {
namespace {

constexpr size_t kLongestName = 40;

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string plain_name(const std::string& name) {
  std::string plain;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
    const bool kept = is_letter(lower) || is_digit(lower);
    if (kept) plain += lower;
    if (!kept && !plain.empty() && plain.back() != '-') plain += '-';
  }
  if (plain.size() < 2 || !is_letter(plain.front())) plain = "card-" + plain;
  plain.resize(std::min(plain.size(), kLongestName));
  while (plain.back() == '-') plain.pop_back();
  return plain;
}

std::string function_name(const std::string& name, size_t index) {
  return index == 0 ? plain_name(name) : plain_name(name) + "-" + std::to_string(index);
}

bool have_same_id(const host::PciFunction& one, const host::PciFunction& other) {
  return one.id.vendor == other.id.vendor && one.id.device == other.id.device;
}

}  // namespace verify
