// SPDX-License-Identifier: GPL-2.0-or-later
//
// What another program says, under a time limit: it has nothing to read, its complaints go nowhere,
// and where it does not end it is killed with all that it started.
#pragma once

#include <string>
#include <vector>

#include "host/result.h"

namespace verify {

// Standard output of `words`, the first of which is the program's path. ETIMEDOUT: it took longer;
// EIO: it ended with something else than 0.
host::Result<std::string> ask_program(const std::vector<std::string>& words, int milliseconds);

}  // namespace verify
