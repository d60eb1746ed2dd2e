// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is the output coloured? The terminal's type and the user decide.
#pragma once

namespace verify {

// `term` and `no_color` are the values of TERM and NO_COLOR, nullptr where they are not set.
// Colours need a terminal whose type is known and is not "dumb", and a user who did not set
// NO_COLOR (no-color.org; an empty value counts as not set).
bool wants_colour(bool terminal, const char* term, const char* no_color);

// For standard output and the environment of this process.
bool wants_colour();

}  // namespace verify
