// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/stray_character.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "host/text.h"

namespace config {
namespace {

struct Character {
  uint32_t code = 0;
  size_t bytes = 1;  // in UTF-8
  bool valid = true;
};

// RFC 3629. An invalid byte counts as a character of its own.
Character character_at(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {first};
  const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (bytes == 0 || first > 0xf4 || text.size() < bytes) return {first, 1, false};
  uint32_t code = first & (0x7fU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80) return {first, 1, false};
    code = code << 6 | (next & 0x3fU);
  }
  return {code, bytes};
}

struct Range {
  uint32_t first, last;
  const char* name;
  bool visible = false;
};

// The Unicode Standard, chapters 6.2 (general punctuation) and 23.2 (layout controls).
constexpr Range kRanges[] = {
    {0x0000, 0x001f, "a control character"},
    {0x007f, 0x009f, "a control character"},
    {0x00a0, 0x00a0, "a no-break space"},
    {0x00ad, 0x00ad, "a soft hyphen"},
    {0x2000, 0x200a, "a space of another width"},
    {0x200b, 0x200d, "a zero-width character"},
    {0x200e, 0x200f, "a mark of the text direction"},
    {0x2010, 0x2015, "a dash", true},
    {0x2018, 0x201f, "a curly quotation mark", true},
    {0x2028, 0x2029, "a line separator"},
    {0x202a, 0x202e, "a mark of the text direction"},
    {0x202f, 0x202f, "a no-break space"},
    {0x205f, 0x205f, "a space of another width"},
    {0x2060, 0x2069, "a zero-width character"},
    {0x2212, 0x2212, "a minus sign", true},
    {0x3000, 0x3000, "a space of another width"},
    {0xfe00, 0xfe0f, "a zero-width character"},
    {0xfeff, 0xfeff, "a byte order mark"},
    {0xff01, 0xff5e, "a full-width character", true},
};

// "U+00A0"
std::string code_point(uint32_t code) {
  std::string digits = host::hex(code, code > 0xffff ? 6 : 4);
  for (char& c : digits)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  return "U+" + digits;
}

StrayCharacter describe(const Character& character, size_t column) {
  if (!character.valid)
    return {std::string("the byte ") + "0x" + host::hex(character.code, 2) + ", which is not UTF-8",
            column};
  const std::string code = code_point(character.code);
  const auto* range = std::find_if(std::begin(kRanges), std::end(kRanges), [&](const Range& each) {
    return character.code >= each.first && character.code <= each.last;
  });
  if (character.code == '\r') return {"a carriage return (" + code + ")", column};
  if (range == std::end(kRanges)) return {"the character " + code, column, true};
  return {std::string(range->name) + " (" + code + ")", column, range->visible};
}

bool is_ordinary(uint32_t code) {
  return (code >= 0x20 && code < 0x7f) || code == '\t';
}

}  // namespace

std::optional<StrayCharacter> find_stray_character(std::string_view line, size_t from) {
  size_t column = 1;
  for (size_t at = 0; at < line.size(); ++column) {
    const Character character = character_at(line.substr(at));
    if (at >= from && !is_ordinary(character.code)) return describe(character, column);
    at += character.bytes;
  }
  return std::nullopt;
}

}  // namespace config
