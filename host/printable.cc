// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/printable.h"

#include <algorithm>
#include <cstdarg>
#include <cstdlib>
#include <iterator>
#include <optional>

namespace host {
namespace {

struct Character {
  char32_t value = 0;
  size_t length = 0;
};

// The first character of `bytes`, which must not be empty; nullopt if it is not valid UTF-8.
std::optional<Character> first_of(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return Character{first, 1};
  const size_t length = first < 0xc2   ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || bytes.size() < length) return {};
  char32_t value = first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr char32_t kSmallest[] = {0x80, 0x800, 0x10000};  // smaller values have a shorter form
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < kSmallest[length - 2] || value > 0x10ffff || surrogate) return {};
  return Character{value, length};
}

struct Range {
  char32_t first, last;
};
// Unicode's property Default_Ignorable_Code_Point (DerivedCoreProperties.txt): a terminal shows
// nothing for these, so that two names look alike, or changes the direction of text.
constexpr Range kInvisible[] = {
    {0x00ad, 0x00ad},    // soft hyphen
    {0x034f, 0x034f},    // combining grapheme joiner
    {0x061c, 0x061c},    // Arabic letter mark
    {0x115f, 0x1160},    // Hangul fillers
    {0x17b4, 0x17b5},    // Khmer inherent vowels
    {0x180b, 0x180f},    // Mongolian selectors and vowel separator
    {0x200b, 0x200f},    // zero width, direction marks
    {0x202a, 0x202e},    // directions
    {0x2060, 0x206f},    // word joiner, invisible operators, directions
    {0x3164, 0x3164},    // Hangul filler
    {0xfe00, 0xfe0f},    // variation selectors
    {0xfeff, 0xfeff},    // byte order mark
    {0xffa0, 0xffa0},    // halfwidth Hangul filler
    {0xfff0, 0xfff8},    // unassigned
    {0x1bca0, 0x1bca3},  // shorthand format controls
    {0x1d173, 0x1d17a},  // musical format controls
    {0xe0000, 0xe0fff},  // tags, variation selectors
};
constexpr Range kNoText[] = {
    {0x00, 0x1f},      // C0
    {0x7f, 0x9f},      // DEL, C1
    {0x2028, 0x2029},  // line breaks
    {0xfdd0, 0xfdef},  // noncharacters
    {0xfff9, 0xfffb},  // annotations
};

bool is_text(char32_t c) {
  if (c == '\n' || (c >= ' ' && c < 0x7f)) return true;
  const auto holds = [c](const Range& range) { return range.first <= c && c <= range.last; };
  if (std::any_of(std::begin(kNoText), std::end(kNoText), holds)) return false;
  if (std::any_of(std::begin(kInvisible), std::end(kInvisible), holds)) return false;
  return (c & 0xfffe) != 0xfffe;
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto character = first_of(bytes);
    const size_t length = character ? character->length : 1;
    if (!character)
      text += "\xef\xbf\xbd";
    else
      text += is_text(character->value) ? bytes.substr(0, length) : "?";
    bytes.remove_prefix(length);
  }
  return text;
}

void print(std::FILE* stream, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  char* line = nullptr;
  const int length = ::vasprintf(&line, format, arguments);
  va_end(arguments);
  if (length < 0) return;  // out of memory
  const std::string text = printable({line, static_cast<size_t>(length)});
  std::free(line);
  std::fwrite(text.data(), 1, text.size(), stream);
}

}  // namespace host
