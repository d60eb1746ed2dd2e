// SPDX-License-Identifier: GPL-2.0-or-later
//
// Questions to the user, and what `enable` and `disable` print alike.
#pragma once

#include <optional>
#include <string>

#include "early/enable/change.h"
#include "early/enable/transaction.h"

namespace early::enable {

// Are standard input and output a terminal?
bool has_terminal();

// The answer, a line; nullopt: end of input, or an interruption.
std::optional<std::string> ask(const std::string& question);

// "y" or "yes".
bool ask_to_continue();

// "vfio-early: WHY.", and the remedy on a line of its own; "": no remedy. To standard error.
void print_problem(const std::string& why, const std::string& remedy = "");

// A diff is printable, except for tabs, which stay.
void print_diff(const std::string& diff);

// As diffs and commands.
void print_changes(const std::vector<Change>& changes);
void print_commands(const std::vector<host::Command>& commands);

// What was taken back of edited files, and what could not be taken back, with diffs; and that the
// images are not built again.
void print_undone(const Outcome& outcome);

// Runs programs, and prints each before it runs. `then`: what follows if the user interrupts one of
// them, "then all changes are undone".
Actions printing_actions(const host::Root& root, const std::string& then);

// An interruption during a change that is taken back does not stop that.
inline constexpr const char* kUndoneAnyway = "then the undo continues";

}  // namespace early::enable
