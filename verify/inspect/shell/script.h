// SPDX-License-Identifier: GPL-2.0-or-later
//
// The structure of a shell script: its commands, and which of them are conditional (POSIX.1-2017,
// 2.9 and 2.10, and bash's "function NAME" and "[["). Nothing is expanded or run. Commands in
// "$(…)" are ignored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace verify {

struct ShellCommand {
  // Without quotes and redirections: a command, the head of a loop ("for", "f", "in", …), or
  // assignments without a command. Assignments before a command are left out.
  std::vector<std::string> words;
  std::string function;  // the function in whose body it is; "": none
  std::string defines;   // the function that is defined here; `words` is empty
  std::string guard;     // the start of the command of the innermost "if" around it: "! a b"
  bool assigns = false;  // `words` are assignments
  // It is in an if, a case, a loop, a group or a pipeline, runs in the background, or depends on
  // the command before it (&&, ||). For a command in a function: relative to the function's body.
  bool conditional = false;
};

struct ShellScript {
  std::vector<ShellCommand> commands;  // in the order of the text
  bool complete = true;                // false: a syntax error, or syntax that is not supported
};

ShellScript parse_shell_script(std::string_view text);

}  // namespace verify
