// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/printable.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "host/text.h"

namespace verify {

namespace {

bool is_text(char32_t c) {
  if (c == '\n') return true;
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;          // C0, DEL, C1
  if (c == 0x061c || c == 0x200e || c == 0x200f) return false;    // direction marks
  if (c >= 0x2028 && c <= 0x202e) return false;                   // breaks, directions
  if (c >= 0x2066 && c <= 0x2069) return false;                   // directions
  if (c == 0xfeff || (c >= 0xfdd0 && c <= 0xfdef)) return false;  // byte order, noncharacters
  return (c & 0xfffe) != 0xfffe;
}

// The length of the character that `text`, which is valid UTF-8, begins with, and the character.
std::pair<size_t, char32_t> first_of(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  char32_t c = length == 1 ? first : first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) c = c << 6 | (byte(i) & 0x3f);
  return {length, c};
}

}  // namespace

std::string printable(std::string_view bytes) {
  using nlohmann::json;
  // The library knows UTF-8; what it writes for others, it reads back whole.
  const std::string valid =
      json(std::string(bytes)).dump(-1, ' ', false, json::error_handler_t::replace);
  const std::string whole = json::parse(valid).get<std::string>();
  std::string text;
  for (std::string_view rest = whole; !rest.empty();) {
    const auto [length, c] = first_of(rest);
    text += is_text(c) ? rest.substr(0, length) : "?";
    rest.remove_prefix(length);
  }
  return text;
}

std::string wrapped(std::string_view text, size_t indent, size_t column) {
  std::string out;
  for (const std::string_view word : host::split(text)) {
    const bool first = out.empty();
    if (!first && column + 1 + word.size() > kWidth) {
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

}  // namespace verify
