// SPDX-License-Identifier: GPL-2.0-or-later
//
// The structure of a shell script: its commands, and what each depends on (POSIX.1-2017, 2.9 and
// 2.10, and bash's "function NAME" and "[["). Nothing is expanded, and nothing is run. Commands in
// "$(…)" are not seen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace verify {

struct ShellCommand {
  // Without quotes and redirections: a command, the head of a loop ("for", "f", "in", …), or
  // assignments without a command. Assignments before a command are left out.
  std::vector<std::string> words;
  std::string function;  // in whose body it is; "": in none
  std::string defines;   // the function that is defined here, without words
  std::string guard;     // of the innermost "if" around it: "! mount"
  bool assigns = false;  // only that
  // It is in an if, a case, a loop, a group or a pipeline, runs in the background, or depends on
  // the command before it (&&, ||). In the body of a function: as seen from there.
  bool conditional = false;
};

struct ShellScript {
  std::vector<ShellCommand> commands;  // in the order of the text
  bool complete = true;                // false: the syntax is damaged, or not supported
};

ShellScript parse_shell_script(std::string_view text);

}  // namespace verify
