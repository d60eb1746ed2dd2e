// SPDX-License-Identifier: GPL-2.0-or-later
//
// What must hold before `enable` or `disable` changes anything.
#pragma once

#include <string>

#include "early/options.h"
#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"

namespace early::enable {

// Whether the options, the user and the terminal are right for the command `name`. The error is for
// the user.
host::Result<void> check_use(const host::Root& root, const Options& options,
                             const std::string& name);

// Takes the lock, which is held until the descriptor is closed, and takes back what an interrupted
// run left. With --dry-run it takes no lock, and fails if there is something to take back.
host::Result<host::Fd> begin(const host::Root& root, const Options& options);

}  // namespace early::enable
