// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/explain.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include <fmt/format.h>

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

// A paragraph, or an item of a list, wrapped and without its markup.
std::string block_text(std::string_view block) {
  const size_t indent = block.starts_with("- ") ? 2 : 0;
  return wrapped(without_markup(block), indent, 0) + "\n";
}

bool starts_block(std::string_view line) {
  return line.empty() || line.starts_with("- ");
}

// Paragraphs and items of lists, each wrapped to the terminal.
std::string wrapped_blocks(std::string_view text) {
  std::string out, block;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (starts_block(line) && !block.empty()) out += block_text(std::exchange(block, {}));
    if (line.empty())
      out += "\n";
    else
      block += std::string(line) + "\n";
  }
  return out + block_text(block);
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

std::string explanation_text(std::string_view id) {
  for (const CheckText& text : all_texts())
    if (text.id == id)
      return wrapped(fmt::format("{}: {}", id, without_markup(text.question)), 0, 0) + "\n" +
             wrapped_blocks(text.explanation);
  return {};
}

}  // namespace verify
