// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of vfio-early(8). Each returns the exit status.
#pragma once

#include <span>

#include "early/options.h"
#include "host/root.h"

namespace early {

enum Exit { kAllClaimed = 0, kNotAllClaimed = 1, kUsage = 2 };

struct Command {
  const char* name;
  const char* argument;  // "CARD"; "[KERNEL]": it is optional; "A B": A, and B may follow
  const char* summary;   // one line for --help
  unsigned options;      // OptionBit of those that it takes
  int (*run)(const host::Root& root, const Options& options);

  size_t max_arguments() const;
  bool needs_argument() const { return argument && *argument != '['; }
};

std::span<const Command> commands();

}  // namespace early
