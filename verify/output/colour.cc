// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/output/colour.h"

#include <cstdlib>

#include <unistd.h>

#include "verify/output/terminal.h"

namespace verify {
namespace {

// ECMA-48, 8.3.117; in the order of Style, then the end of each.
constexpr std::string_view kSequences[] = {"\033[32m", "\033[33m", "\033[1;31m",
                                           "\033[2m",  "\033[1m",  "\033[0m"};

}  // namespace

bool wants_colour(bool terminal, const char* term, const char* no_color) {
  const std::string_view type = term ? term : "";
  const bool declined = no_color && *no_color;
  return terminal && !declined && !type.empty() && type != "dumb";
}

std::string styled(Style style, std::string_view text) {
  return std::string(kSequences[static_cast<size_t>(style)]).append(text).append("\033[0m");
}

size_t style_length(std::string_view text) {
  for (const std::string_view sequence : kSequences)
    if (text.starts_with(sequence)) return sequence.size();
  return 0;
}

bool wants_colour() {
  return wants_colour(is_terminal(STDOUT_FILENO), std::getenv("TERM"), std::getenv("NO_COLOR"));
}

}  // namespace verify
