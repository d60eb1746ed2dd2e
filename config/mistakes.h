// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is wrong with a line that is not valid, and what to write instead: the usual accidents when
// text is copied from lspci, a web page or another program's configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/keys.h"

namespace config {

struct Mistake {
  std::string why;
  std::string remedy;
};

// A line without '='.
Mistake malformed_line(std::string_view line);

Mistake unknown_key(std::string_view name);

// `value` is not valid for `key`.
Mistake invalid_value(const Key& key, std::string_view value);

// A section has the key `name` with each of these values.
Mistake duplicate_key(std::string_view name, const std::vector<std::string>& values);

}  // namespace config
