// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text functions for parsing kernel files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

// `text` without spaces, tabs and line ends at its beginning and end.
std::string_view trim(std::string_view text);

// The words between runs of any of `separators`; empty words are dropped.
std::vector<std::string_view> split(std::string_view text, std::string_view separators = " \t\n\r");

// The lines with their ends, so that together they are the whole text.
std::vector<std::string_view> whole_lines(std::string_view text);

// The lines without their ends, also the empty ones.
std::vector<std::string_view> lines(std::string_view text);

// All of `text` as a number; nullopt if a character is not a digit of `base`, or if the number
// exceeds `max`. No sign, no 0x.
std::optional<uint32_t> parse_number(std::string_view text, int base, uint32_t max = UINT32_MAX);

// The part after the last slash; all of `path` if it has none.
std::string_view file_name(std::string_view path);

// `text` with ASCII letters in lower case.
std::string lower(std::string_view text);

// `text` with ASCII letters in upper case.
std::string upper(std::string_view text);

// `value` in hexadecimal, lower case, padded with zeros to `digits`.
std::string hex(uint32_t value, int digits);

// `name` with underscores instead of dashes: in names of modules and parameters the kernel treats
// both as the same.
std::string underscored(std::string_view name);

bool contains(const std::vector<std::string>& words, std::string_view word);

// The words with `separator` between them.
std::string join(const std::vector<std::string>& words, std::string_view separator);

}  // namespace host
