// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/printable.h"

#include <nlohmann/json.hpp>

#include "host/text.h"

namespace verify {

std::string printable(std::string_view bytes) {
  using nlohmann::json;
  // The library knows UTF-8; what it writes for others, it reads back whole.
  const std::string valid =
      json(std::string(bytes)).dump(-1, ' ', false, json::error_handler_t::replace);
  std::string text = json::parse(valid).get<std::string>();
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = '?';
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
