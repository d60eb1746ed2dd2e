// SPDX-License-Identifier: GPL-2.0-or-later
//
// What vfio-verify was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/configuration.h"
#include "verify/inspection.h"

namespace verify {

struct Command;

struct Options {
  const Command* command = nullptr;   // never null once parsed
  std::vector<std::string> operands;  // of the command: names of cards, files
  std::string configuration_file = plan::kConfigurationFile;
  std::optional<std::string> root;  // a captured tree or archive; without: this machine
  std::string format = "text";      // a name of formats()
  bool quiet = false;
  bool live = false;         // make the card's functions work
  bool force = false;        // even one that may not come back
  std::string backend_name;  // one of kBackendNames; "" what the kernel has
  bool quick = false;        // ask no other program, read no image
  uint64_t guest_memory = 0;
  std::string user;
  bool list_checks = false;
  std::vector<std::string> arguments;  // as they were given

  // `tree` is what was opened for `root`: one that was captured elsewhere has no devices to ask.
  Scope scope(const host::Root& tree) const { return {configuration_file, operands, tree.live()}; }
  std::optional<Backend> backend() const;
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
