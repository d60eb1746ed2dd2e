// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/colour.h"

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace verify {

bool wants_colour(bool terminal, const char* term, const char* no_color) {
  const std::string_view type = term ? term : "";
  const bool declined = no_color && *no_color;
  return terminal && !declined && !type.empty() && type != "dumb";
}

bool wants_colour() {
  return wants_colour(::isatty(STDOUT_FILENO) != 0, std::getenv("TERM"), std::getenv("NO_COLOR"));
}

}  // namespace verify
