// SPDX-License-Identifier: GPL-2.0-or-later
//
// The difference of two versions of a small text file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace early::enable {

// Lines that others replace; one of the two may be empty.
struct Replacement {
  std::vector<std::string_view> removed, added;
};

// What makes `b` of `a`, in the order of the lines.
std::vector<Replacement> replacements(const std::vector<std::string_view>& a,
                                      const std::vector<std::string_view>& b);

// For the user to read: a unified diff with three lines of context; "" if the texts are the same.
// No text: the file does not exist, which is written as /dev/null. Safe to print (host::printable),
// except that it keeps tabs; so a patch made from it may differ from the file.
std::string unified_diff(const std::string& file, const std::optional<std::string>& before,
                         const std::optional<std::string>& after);

}  // namespace early::enable
