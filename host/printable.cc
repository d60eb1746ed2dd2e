// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/printable.h"

#include <cstdarg>
#include <cstdlib>
#include <optional>

namespace host {
namespace {

struct Character {
  char32_t value = 0;
  size_t length = 0;
};

// The first character of `bytes`, which are not empty; nothing if it is not valid UTF-8.
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

bool is_text(char32_t c) {
  if (c == '\n') return true;
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;          // C0, DEL, C1
  if (c == 0x061c || c == 0x200e || c == 0x200f) return false;    // direction marks
  if (c >= 0x2028 && c <= 0x202e) return false;                   // breaks, directions
  if (c >= 0x2066 && c <= 0x2069) return false;                   // directions
  if (c == 0xfeff || (c >= 0xfdd0 && c <= 0xfdef)) return false;  // byte order, noncharacters
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
