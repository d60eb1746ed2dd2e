// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names from a configuration and lines of the kernel's log may hold any bytes; what people and
// other programs read must be text.
#pragma once

#include <string>
#include <string_view>

namespace verify {

// Valid UTF-8 without control characters other than the line break; what is neither is replaced.
std::string printable(std::string_view bytes);

inline constexpr size_t kWidth = 80;  // of a terminal

// `text` in lines of kWidth that begin at column `indent`; the first follows what fills `column`
// columns already.
std::string wrapped(std::string_view text, size_t indent, size_t column);

}  // namespace verify
