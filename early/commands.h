// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of vfio-early(8), each from a machine to an exit status.
#pragma once

#include <span>
#include <string>

#include "host/root.h"
#include "plan/configuration.h"

namespace early {

enum Exit { kAllClaimed = 0, kSomethingLeft = 1, kUsage = 2 };

struct Options {
  std::string argument;  // of the command
  std::string config = plan::kConfigurationFile;
  bool wait = false;     // healthy: until it is
  std::string modules;   // of a kernel that is not in /lib/modules: its directory
  bool generic = false;  // modules: for any machine
  std::string output;    // image: the file to write; modules: the directory
  std::string loader;    // image: the boot loader, where it is not this machine's
};

struct Command {
  const char* name;
  int (*run)(const host::Root& root, const Options& options);
  const char* argument = nullptr;  // what it needs, for a sentence; nullptr: none
  bool may_lack = false;           // the argument
};

std::span<const Command> commands();

}  // namespace early
