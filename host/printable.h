// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names from a configuration, a device or the kernel's log may hold any bytes; what people,
// terminals and other programs read must be text.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace host {

// Valid UTF-8 (Unicode 15, table 3-7); each byte that is not becomes U+FFFD. What a terminal or a
// parser would take for more than text becomes '?': control characters but the line break, those
// that turn the direction of what follows, other line breaks, noncharacters
// (23.1, 23.2, 23.7, 23.8).
std::string printable(std::string_view bytes);

// printf(3), printable.
[[gnu::format(printf, 2, 3)]] void print(std::FILE* stream, const char* format, ...);

}  // namespace host
