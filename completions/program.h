// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the shells complete for a program: its commands and options, taken from the tables with
// which the program reads its command line. The files for the shells are written from it during the
// build.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace completions {

// What a word can be: "flag" (an option without a value), "none" (nothing can be completed), "=A|B"
// (one of these words), or a word of kind_of().
using Kind = std::string;

struct Option {
  std::string name;  // "--config" or "-o"
  Kind value;
  std::string summary;
};

struct Command {
  std::string name;
  std::string summary;
  Kind operand = "none";
  int most = 0;  // operands; a large number if any number is allowed
  std::vector<Option> options;
};

struct Program {
  std::string name;
  // Before a command is named: its operands and options are completed beside the commands. An
  // operand that is not a command belongs to the command `otherwise`; "": it is a mistake.
  Command before;
  std::string otherwise;
  std::vector<Command> commands;
};

// For the name of an argument in a help text: "file", "directory", "card" (a name or a slot),
// "slot", "check", "kernel", "group" or "user"; "none" if it is a number, for example. Words in
// lower case are what the user types: "=text|json".
Kind kind_of(std::string_view argument);

// The options of all commands, each once.
std::vector<Option> all_options(const std::vector<Command>& commands);

// For main(): fills in the template on standard input for the shell argv[1] ("bash", "zsh" or
// "fish"), and writes it to standard output. Returns the exit status.
int write_completion(const Program& program, int argc, char** argv);

}  // namespace completions
