// SPDX-License-Identifier: GPL-2.0-or-later
//
// Characters that come into a configuration when text is copied from a web page, a chat or another
// system: spaces of another kind, curly quotation marks, invisible characters. Keys and
// values have only printable ASCII, spaces and tabs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace config {

struct StrayCharacter {
  std::string name;   // "a no-break space (U+00A0)"
  size_t column = 0;  // from 1, in characters
  bool visible = false;
};

// The first one in `line`, which is UTF-8, from the byte `from` on.
std::optional<StrayCharacter> find_stray_character(std::string_view line, size_t from = 0);

}  // namespace config
