// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the terminal of the output can show.
#pragma once

#include <cstddef>

namespace verify {

bool is_terminal(int fd);

// The columns that text may use: the width of the terminal, at least 40 and at most 120, because
// longer lines are hard to read. 80 if `fd` is not a terminal, or its width is not known.
size_t columns_of(int fd);

// Can the terminal show symbols such as a check mark? `term` is the value of TERM, `locale` that of
// the first set variable of LC_ALL, LC_CTYPE and LANG; nullptr: not set. The fonts of the kernel's
// own console ("linux") do not have them.
bool wants_symbols(bool terminal, const char* term, const char* locale);

// For standard output and the environment of this process.
bool wants_symbols();

}  // namespace verify
