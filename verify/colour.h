// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is the output coloured? The terminal's type and the user decide. And its colours, which are the
// terminal's own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace verify {

// `term` and `no_color` are the values of TERM and NO_COLOR, nullptr where they are not set.
// Colours need a terminal whose type is known and is not "dumb", and a user who did not set
// NO_COLOR (no-color.org; an empty value counts as not set).
bool wants_colour(bool terminal, const char* term, const char* no_color);

// For standard output and the environment of this process.
bool wants_colour();

enum class Paint { kGreen, kYellow, kRed, kFaint, kBold };
std::string painted(Paint paint, std::string_view text);

// Of the sequence that painted() writes before or behind a text, if `text` begins with one; 0.
size_t length_of_paint(std::string_view text);

}  // namespace verify
