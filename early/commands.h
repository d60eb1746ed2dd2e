// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of vfio-early(8). Each returns the exit status.
#pragma once

#include <span>
#include <string>

#include "config/configuration.h"
#include "host/root.h"

namespace early {

enum Exit { kAllClaimed = 0, kNotAllClaimed = 1, kUsage = 2 };

struct Options {
  std::string argument;  // of the command
  std::string config = config::kConfigurationFile;
  bool wait = false;     // healthy: until it is
  std::string modules;   // module directory of a kernel not in /lib/modules
  bool generic = false;  // modules: for any machine
  std::string output;    // image: the file to write; modules: the directory
  std::string loader;    // image: the boot loader, if not this machine's
};

struct Command {
  const char* name;
  int (*run)(const host::Root& root, const Options& options);
  const char* argument = nullptr;     // the required argument, for a message; nullptr: none
  bool is_argument_optional = false;  // the argument is optional
};

std::span<const Command> commands();

}  // namespace early
