// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/boot_flag.h"

#include <algorithm>
#include <iterator>

#include "host/text.h"

namespace record {
namespace {

constexpr const char* kMarkNames[] = {"none", "pending", "healthy", "skipped", "stopped"};
constexpr size_t kFingerprintDigits = 16;

bool is_fingerprint(std::string_view text) {
  return text.size() == kFingerprintDigits &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

const char* mark_name(Mark mark) {
  return kMarkNames[static_cast<size_t>(mark)];
}

std::string BootFlag::str() const {
  return mark == Mark::kNone ? mark_name(mark) : std::string(mark_name(mark)) + " " + fingerprint;
}

BootFlag BootFlag::parse(std::string_view text) {
  const auto words = host::split(text.substr(0, text.find('\n')), " ");
  if (words.size() != 2 || !is_fingerprint(words[1])) return {};
  const auto* name = std::find(std::begin(kMarkNames), std::end(kMarkNames), words[0]);
  if (name == std::end(kMarkNames) || words[0] == mark_name(Mark::kNone)) return {};
  return {static_cast<Mark>(name - std::begin(kMarkNames)), std::string(words[1])};
}

}  // namespace record
