// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of vfio-verify.
#pragma once

#include <span>

#include "host/root.h"
#include "verify/options.h"

namespace verify {

struct Command {
  const char* name;
  const char* what;                                            // for --help
  const char* operands;                                        // "CARD"; "": none
  int least, most;                                             // number of operands
  int (*run)(const host::Root& root, const Options& options);  // the exit code
  const char* formats = "text";    // supported values of --format; nullptr: all
  bool this_machine_only = false;  // --root is refused
};

// The first one is `check`, the default.
std::span<const Command> commands();

}  // namespace verify
