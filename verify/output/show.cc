// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/output/show.h"

#include <string>

#include "host/printable.h"
#include "verify/output/colour.h"

namespace verify {

void show(std::FILE* stream, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t escape = text.find('\033');
    out += host::printable(text.substr(0, escape));
    if (escape == text.npos) break;
    text.remove_prefix(escape);
    const size_t length = style_length(text);
    out += length > 0 ? text.substr(0, length) : "?";
    text.remove_prefix(length > 0 ? length : 1);
  }
  std::fwrite(out.data(), 1, out.size(), stream);
}

}  // namespace verify
