// SPDX-License-Identifier: GPL-2.0-or-later
//
// Converts any bytes to text that is safe to print. Names from a configuration, a device or the
// kernel log may hold any bytes; users, terminals and other programs expect text.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace host {

// Returns valid UTF-8 (Unicode 15, table 3-7); each invalid byte becomes U+FFFD. Control characters
// except the line feed, other line breaks, noncharacters, and characters that are invisible or
// change the direction of text become '?' (23.1, 23.2, 23.7, 23.8, and
// Default_Ignorable_Code_Point).
std::string printable(std::string_view bytes);

// As fprintf(3), but writes printable() of the text.
[[gnu::format(printf, 2, 3)]] void print(std::FILE* stream, const char* format, ...);

}  // namespace host
