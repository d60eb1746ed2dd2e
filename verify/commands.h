// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of vfio-verify; without one it checks.
#pragma once

#include <span>

#include "host/root.h"
#include "verify/options.h"

namespace verify {

struct Command {
  const char* name;
  const char* what;                                            // for --help
  const char* operands;                                        // "CARD…"; "" where it takes none
  int least, most;                                             // how many of them
  int (*run)(const host::Root& root, const Options& options);  // the exit code
  const char* formats = "text";    // of --format, those that it has; nullptr: all
  bool this_machine_only = false;  // --root is refused
};

// `check` first, which is what is run when none is named.
std::span<const Command> commands();

}  // namespace verify
