// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/output/markup.h"

#include "host/printable.h"

namespace verify {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : host::printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace verify
