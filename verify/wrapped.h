// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text in the lines of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace verify {

inline constexpr size_t kWidth = 80;  // of a terminal

// `text` in lines of kWidth that begin at column `indent`; the first follows what fills `column`
// columns already.
std::string wrapped(std::string_view text, size_t indent, size_t column);

}  // namespace verify
