// SPDX-License-Identifier: GPL-2.0-or-later
//
// Wraps text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace verify {

inline constexpr size_t kWidth = 80;  // of a terminal

// The words of `text`, whatever is between them, in lines of at most kWidth columns. All lines but
// the first begin at column `indent`; the first one follows `column` columns that are already
// written.
std::string wrapped(std::string_view text, size_t indent, size_t column);

}  // namespace verify
