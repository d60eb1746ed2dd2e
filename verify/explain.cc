// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/explain.h"

#include <cctype>

#include <fmt/format.h>

#include "verify/check/checks.h"
#include "verify/check/image.h"

namespace verify {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// As scdoc decides it: '_' within a word is not markup, as in driver_override.
bool is_markup(std::string_view text, size_t at) {
  if (text[at] != '_') return text[at] == '*';
  const bool word_before = at > 0 && is_word(text[at - 1]);
  const bool word_after = at + 1 < text.size() && is_word(text[at + 1]);
  return !word_before || !word_after;
}

}  // namespace

std::string without_markup(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size())
      out += text[++at];
    else if (!is_markup(text, at))
      out += text[at];
  }
  return out;
}

std::string check_list() {
  std::string out;
  const auto add = [&](const auto& check) {
    out += fmt::format("{:<20} {}\n", check.id, without_markup(check.question));
  };
  for (const Check& check : checks()) add(check);
  for (const ImageCheck& check : image_checks()) add(check);
  return out;
}

}  // namespace verify
