// SPDX-License-Identifier: GPL-2.0-or-later
//
// Analysis of shell text without running it: assignments in /etc/default/grub, commands in the
// hooks of an image.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace verify {

using ShellSettings = std::map<std::string, std::string>;

// Calls `use` with the words of each command of `text`, without quotes and with the variables of
// `known` replaced (POSIX.1-2017, 2.2 and 2.6.2; GRUB's script language has the same quoting). An
// unknown variable is empty. `use` may change `known`.
void each_command(std::string_view text, const ShellSettings& known,
                  const std::function<void(std::vector<std::string> words)>& use);

// A text with $NAME and ${NAME} replaced, also in quotes, which stay. Unknown variables are
// removed.
struct Expanded {
  std::string text;
  std::string unknown = {};  // the first variable that is not in `known`: "NAME"; "": none
};
Expanded expand_variables(std::string_view text, const ShellSettings& known);

// Selects the branches to run of `if`, `case`, loops, functions, `&&` and `||`. Conditions are not
// evaluated. Each branch has a number, from 0; for nested branches the innermost one decides.
struct Branches {
  std::function<bool(size_t number)> run = [](size_t) { return true; };
  size_t count = 0;  // so far
};

// Executes the assignments NAME=VALUE, NAME+=VALUE and NAME[KEY]=VALUE of `text`. Values may have
// several lines. `branches` continues the numbers of the texts before this one.
void read_shell_settings(std::string_view text, ShellSettings& settings, Branches& branches);
// Runs all branches.
void read_shell_settings(std::string_view text, ShellSettings& settings);

// Does a line, other than a comment, call the program `name` with the first argument `command`?
bool calls(std::string_view text, std::string_view name, std::string_view command);

// Does it load modules, or start a program that does? A command in a variable is not found.
bool loads_modules(std::string_view text);

// May it end the shell that sources it: by `exit` or `exec`, or with the whole system?
bool may_end_shell(std::string_view text);

}  // namespace verify
