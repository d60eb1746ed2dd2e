// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/explain.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/checks.h"
#include "verify/check/image.h"
#include "verify/output/wrapped.h"

namespace verify {
namespace {

// What a person reads of a check, with its markup.
struct CheckText {
  std::string_view id, question, explanation;
};

std::vector<CheckText> all_texts() {
  std::vector<CheckText> all;
  for (const Check& check : checks()) all.push_back({check.id, check.question, check.explanation});
  for (const ImageCheck& check : image_checks())
    all.push_back({check.id, check.question, check.explanation});
  return all;
}

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

bool is_item(std::string_view block) {
  return block.starts_with("- ");
}

// The paragraphs and items of a text with markup.
std::vector<std::string> blocks_of(std::string_view text) {
  std::vector<std::string> blocks;
  bool goes_on = false;  // the next line belongs to the last block
  for (const std::string_view line : host::lines(text)) {
    if (goes_on && !line.empty() && !is_item(line))
      blocks.back() += "\n" + without_markup(line);
    else if (!line.empty())
      blocks.push_back(without_markup(line));
    goes_on = !line.empty();
  }
  return blocks;
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
  for (const CheckText& text : all_texts())
    out += fmt::format("{:<20} {}\n", text.id, without_markup(text.question));
  return out;
}

std::optional<Explanation> explanation_of(std::string_view id) {
  for (const CheckText& text : all_texts())
    if (text.id == id)
      return Explanation{without_markup(text.question), blocks_of(text.explanation)};
  return std::nullopt;
}

std::string explanation_text(std::string_view id) {
  const auto explanation = explanation_of(id);
  if (!explanation) return {};
  std::string out = wrapped(fmt::format("{}: {}", id, explanation->question), 0, 0) + "\n";
  bool after_item = false;
  for (const std::string& block : explanation->blocks) {
    if (!is_item(block) || !after_item) out += "\n";
    out += wrapped(block, is_item(block) ? 2 : 0, 0) + "\n";
    after_item = is_item(block);
  }
  return out;
}

}  // namespace verify
