// SPDX-License-Identifier: GPL-2.0-or-later
//
// What vfio-verify was asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/configuration.h"
#include "verify/inspection.h"

namespace verify {

struct Options {
  // `vfio-verify firmware [FILE…]` shows tables instead of looking at cards.
  bool firmware = false;
  std::vector<std::string> tables;  // empty: this machine's own

  std::vector<std::string> cards;  // empty: all that are configured
  std::string configuration_file = plan::kConfigurationFile;
  std::string root = "/";
  std::string format = "text";  // or "json"
  bool list_checks = false;
  std::vector<std::string> arguments;  // as they were given

  // `tree` is what was opened for `root`: one that was captured elsewhere has no devices to ask.
  Scope scope(const host::Root& tree) const { return {configuration_file, cards, tree.live()}; }
};

// What it is to print and how to exit instead of running: --help, --version and usage errors.
struct Dismissal {
  std::string out;
  std::string error;
  int exit_code = 0;
};

// Exactly one of the two.
struct ParsedOptions {
  std::optional<Options> options;
  std::optional<Dismissal> dismissal;
};

ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace verify
