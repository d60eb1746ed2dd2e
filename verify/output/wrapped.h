// SPDX-License-Identifier: GPL-2.0-or-later
//
// Wraps text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace verify {

inline constexpr size_t kWidth = 80;  // of a terminal

// The words of `text`, whatever is between them, in lines of at most `width` columns. All lines but
// the first begin at column `indent`; the first one follows `column` columns that are already
// written. A word is never broken.
std::string wrapped(std::string_view text, size_t indent, size_t column, size_t width = kWidth);

// `text` cut to at most `bytes` bytes, at the border of a UTF-8 character, without blanks at its
// end.
std::string cut(std::string text, size_t bytes = kWidth);

// `line`, or as much of it as fits into `bytes` bytes with "..." at its end, after a whole word if
// that is not much shorter.
std::string shortened(const std::string& line, size_t bytes);

// `text` with every word of more than `bytes` bytes in several words of at most that many.
std::string with_short_words(std::string_view text, size_t bytes);

}  // namespace verify
