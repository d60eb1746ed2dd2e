// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads and writes whole files of the user, relative to the current directory.
#pragma once

#include <string>

namespace bench {

// "" if the file cannot be read.
std::string read_file(const std::string& path);

// If the file cannot be written, prints the error on stderr and returns false.
bool write_file(const std::string& path, const std::string& text);

}  // namespace bench
