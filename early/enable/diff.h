// SPDX-License-Identifier: GPL-2.0-or-later
//
// The difference of two versions of a small text file, for the user to read.
#pragma once

#include <optional>
#include <string>

namespace early::enable {

// A unified diff with three lines of context; "" if the texts are the same. No text: the file does
// not exist, which is written as /dev/null. Safe to print (host::printable), except that it keeps
// tabs; so a patch made from it may differ from the file.
std::string unified_diff(const std::string& file, const std::optional<std::string>& before,
                         const std::optional<std::string>& after);

}  // namespace early::enable
