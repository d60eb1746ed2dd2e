// SPDX-License-Identifier: GPL-2.0-or-later
//
// Output of text on standard output and standard error. Names from the machine, a capture or an
// argument may contain control characters, which must not reach a terminal.
#pragma once

#include <cstdio>
#include <string_view>

namespace verify {

// Writes host::printable() of the text, but keeps the escape sequences of styled().
void show(std::FILE* stream, std::string_view text);

}  // namespace verify
