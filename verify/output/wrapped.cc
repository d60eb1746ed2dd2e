// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/output/wrapped.h"

#include "host/text.h"

namespace verify {

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
