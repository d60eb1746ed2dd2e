// SPDX-License-Identifier: GPL-2.0-or-later
//
// All that vfio-verify writes on standard output and standard error goes through here: names of a
// machine, of a capture or of an argument may hold anything.
#pragma once

#include <cstdio>
#include <string_view>

namespace verify {

// As host::printable(), but what painted() made stays.
void show(std::FILE* stream, std::string_view text);

}  // namespace verify
