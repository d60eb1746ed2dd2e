// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names from a configuration and lines of the kernel's log may hold any bytes; what people and
// other programs read must be text.
#pragma once

#include <string>
#include <string_view>

namespace verify {

// Valid UTF-8. What a terminal or a parser would take for more than text becomes '?': control
// characters but the line break, those that turn the direction of what follows, other line breaks,
// noncharacters (Unicode 15, 23.1, 23.2, 23.7, 23.8).
std::string printable(std::string_view bytes);

inline constexpr size_t kWidth = 80;  // of a terminal

// `text` in lines of kWidth that begin at column `indent`; the first follows what fills `column`
// columns already.
std::string wrapped(std::string_view text, size_t indent, size_t column);

}  // namespace verify
