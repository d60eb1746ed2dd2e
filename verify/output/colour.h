// SPDX-License-Identifier: GPL-2.0-or-later
//
// Coloured output: whether to use it, and the escape sequences. They select colours of the
// terminal's palette.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace verify {

// `term` and `no_color` are the values of TERM and NO_COLOR; nullptr: not set. True if the output
// is a terminal, TERM is neither empty nor "dumb", and NO_COLOR is not set (no-color.org; an empty
// value counts as not set).
bool wants_colour(bool terminal, const char* term, const char* no_color);

// For standard output and the environment of this process.
bool wants_colour();

enum class Style { kGreen, kYellow, kRed, kFaint, kBold };
std::string styled(Style style, std::string_view text);

// The length of the escape sequence of styled() that `text` begins with; 0: none.
size_t style_length(std::string_view text);

}  // namespace verify
