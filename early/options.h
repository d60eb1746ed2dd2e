// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line of vfio-early(8): one table of options; early/commands.h has the one of
// commands.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/result.h"

namespace early {

struct Command;

// The options that only some commands take.
enum OptionBit : unsigned {
  kConfig = 1,
  kWait = 2,
  kModules = 4,
  kGeneric = 8,
  kOutput = 16,
  kLoader = 32,
  kYes = 64,
  kDryRun = 128,
  kOnlyDisplay = 256,
  kKeepEdited = 512,
  kStopServices = 1024,
  kFormat = 2048,
};

struct Options {
  std::string argument;           // of the command
  std::vector<std::string> more;  // the arguments after it
  std::string config = config::kConfigurationFile;
  bool wait = false;           // healthy: until it is
  std::string modules;         // module directory of a kernel not in /lib/modules
  bool generic = false;        // modules: for any machine
  std::string output;          // image: the file to write; modules: the directory
  std::string loader;          // image: the boot loader, if not this machine's
  bool yes = false;            // enable, disable: do not ask
  bool dry_run = false;        // enable, disable: change nothing
  std::string only_display;    // enable: "allow": the card may be the last display
  std::string format;          // status: "text" or "json"; "": text
  bool stop_services = false;  // claim: stop the services that hold the card
  bool keep_edited = false;    // disable: forget changes of files that were edited since
};

struct CommandLine {
  const Command* command = nullptr;  // null: --help or --version
  bool help = false;
  std::optional<std::string> tree;  // --root
  Options options;
};

struct Option {
  const char* name;
  const char* argument;  // its name in the help; nullptr: the option takes none
  const char* summary;
  unsigned bit;  // 0: every command takes it
  void (*set)(CommandLine& line, const char* value);

  bool has_short_form() const;  // "-o"
};

std::span<const Option> options();

// The error is a mistake of usage: "unknown option --bogus".
host::Result<CommandLine> parse_command_line(int argc, char** argv);

std::string help_text();

}  // namespace early
