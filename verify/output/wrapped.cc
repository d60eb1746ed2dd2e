// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/output/wrapped.h"

#include <algorithm>

#include "host/text.h"

namespace verify {
namespace {

// The largest border of a UTF-8 character in `text` that is not behind `bytes`.
size_t border_before(std::string_view text, size_t bytes) {
  size_t end = std::min(text.size(), bytes);
  while (end < text.size() && end > 0 && (text[end] & 0xc0) == 0x80) --end;
  return end;
}

}  // namespace

std::string wrapped(std::string_view text, size_t indent, size_t column, size_t width) {
  std::string out;
  for (const std::string_view word : host::split(text)) {
    const bool first = out.empty();
    if (!first && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string cut(std::string text, size_t bytes) {
  text.resize(border_before(text, bytes));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string shortened(const std::string& line, size_t bytes) {
  constexpr std::string_view kEnd = "...";
  constexpr size_t kMostDropped = 12;
  if (line.size() <= bytes) return cut(line, bytes);
  std::string text = cut(line, bytes - kEnd.size());
  const size_t blank = text.rfind(' ');
  const bool in_word = line[text.size()] != ' ' && blank != text.npos;
  if (in_word && text.size() - blank <= kMostDropped) text.erase(blank);
  text.erase(text.find_last_not_of(" ,;:") + 1);
  return text.append(kEnd);
}

std::string with_short_words(std::string_view text, size_t bytes) {
  std::string out;
  for (std::string_view word : host::split(text))
    while (!word.empty()) {
      const size_t border = border_before(word, bytes);
      const size_t end = border > 0 ? border : word.size();
      out += (out.empty() ? "" : " ") + std::string(word.substr(0, end));
      word.remove_prefix(end);
    }
  return out;
}

}  // namespace verify
