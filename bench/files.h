// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whole files of the user's own, relative to where he is.
#pragma once

#include <string>

namespace bench {

// "" where there is none.
std::string read_file(const std::string& path);

// Says so on stderr, and returns false, where it can't be written.
bool write_file(const std::string& path, const std::string& text);

}  // namespace bench
