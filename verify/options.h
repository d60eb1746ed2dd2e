// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line of vfio-verify.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/root.h"
#include "verify/inspect/facts.h"
#include "verify/trial/live/opened_device.h"

namespace CLI {
class App;
}

namespace verify {

struct Options;

struct Command {
  const char* name;
  const char* what;                                            // for --help
  const char* operands;                                        // "CARD"; "": none
  int min_operands, max_operands;                              // number of operands
  int (*run)(const host::Root& root, const Options& options);  // the exit code
  const char* options;                                         // that it takes: "--config --root"
  const char* formats = "text";    // supported values of --format, if it takes it; nullptr: all
  bool this_machine_only = false;  // --root is refused
};

struct Options {
  const Command* command = nullptr;   // never null once parsed
  std::vector<std::string> operands;  // of the command: names of cards, files
  std::string configuration_file = config::kConfigurationFile;
  std::optional<std::string> root;    // a captured tree or archive; nullopt: this machine
  std::string format;                 // a name of formats(); "": see format_on()
  std::optional<std::string> output;  // the file of the report; nullopt or "-": standard output
  bool quiet = false;
  bool verbose = false;        // every finding, also on a terminal
  bool live = false;           // test the card's functions
  bool force = false;          // also a card that may not recover from a reset
  int cycles = 0;              // of --live, for each function; 0: one, without reset.endurance
  std::string backend_name;    // one of kBackendNames; "": the one that the kernel has
  bool all = false;            // the images of all installed kernels
  bool quick = false;          // run no other program, read no image
  bool passive = false;        // run no other program, open no device
  uint64_t expires_after = 0;  // seconds until a feature file expires; 0: never
  uint64_t guest_memory = 0;
  std::string user;
  bool list_checks = false;
  std::string target;                  // a name of targets(); "": chosen by the machine
  std::vector<std::string> arguments;  // as they were given

  // `tree` is what was opened for `root`. A captured tree has no devices.
  Scope scope(const host::Root& tree) const {
    return {configuration_file, operands, tree.live(), passive};
  }
  std::optional<Backend> backend() const;
  bool writes_to_file() const { return output && *output != "-"; }
  // The format of the report: the one that was named, else the summary for a terminal, and the text
  // for anything else. --quiet and --verbose are about the text.
  std::string format_on(bool terminal) const;
};

// Output and exit code for --help, --version and usage errors: no command is run.
struct EarlyExit {
  std::string out;
  std::string error;
  int exit_code = 0;
};

// Exactly one of the two has a value.
struct ParsedOptions {
  std::optional<Options> options;
  std::optional<EarlyExit> early_exit;
};

// Declares the command line: CLI11 writes the result to `options`.
void declare(CLI::App& app, std::span<const Command> commands, Options& options);

// `commands`: without one on the command line, the first one is run.
ParsedOptions parse_options(std::span<const Command> commands, int argc, const char* const* argv);

}  // namespace verify
