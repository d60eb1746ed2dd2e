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

struct Begun {
  host::Fd lock;           // held until it is closed
  bool recovered = false;  // the changes of an interrupted run were undone
};

// Takes the lock, and undoes what an interrupted run left. With --dry-run it takes no lock, and
// fails if there is something to undo.
host::Result<Begun> begin(const host::Root& root, const Options& options);

}  // namespace early::enable
