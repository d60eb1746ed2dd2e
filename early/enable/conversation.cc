// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/conversation.h"

#include <cstdio>

#include <unistd.h>

#include "early/enable/diff.h"
#include "early/enable/interruption.h"
#include "early/enable/platform_commands.h"
#include "host/printable.h"
#include "host/text.h"

namespace early::enable {

bool has_terminal() {
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
}

std::optional<std::string> ask(const std::string& question) {
  host::print(stdout, "%s ", question.c_str());
  (void)std::fflush(stdout);
  char line[256];
  if (!std::fgets(line, sizeof(line), stdin) || interrupted()) {
    host::print(stdout, "\n");
    return std::nullopt;
  }
  return std::string(host::trim(line));
}

bool ask_to_continue() {
  const auto answer = ask("Continue? [y/N]");
  return answer && (host::lower(*answer) == "y" || host::lower(*answer) == "yes");
}

void print_problem(const std::string& why, const std::string& remedy) {
  (void)std::fflush(stdout);
  host::print(stderr, "vfio-early: %s%s%s.\n", why.c_str(),
              remedy.empty() ? "" : ".\n  Remedy: ", remedy.c_str());
}

void print_diff(const std::string& diff) {
  (void)std::fputs(diff.c_str(), stdout);
}

void print_changes(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    if (const auto* file = std::get_if<FileChange>(&change))
      print_diff(unified_diff(file->file, file->before, file->after));
    else if (const auto* commands = std::get_if<CommandChange>(&change))
      print_commands(commands->apply);
  }
}

void print_commands(const std::vector<host::Command>& commands) {
  for (const host::Command& command : commands)
    host::print(stdout, "  %s\n", shown(command).c_str());
}

void print_undone(const Outcome& outcome) {
  for (const std::string& note : outcome.notes) host::print(stdout, "%s\n", note.c_str());
  for (const Leftover& leftover : outcome.leftovers) {
    print_problem("not undone: " + (leftover.what.empty() ? "" : leftover.what + ": ") +
                  describe(leftover.why));
    if (leftover.diff.empty()) continue;
    host::print(stdout, "To undo it by hand:\n");
    print_diff(leftover.diff);
  }
  if (outcome.not_rebuilt)
    print_problem("the images were not built again: " + describe(*outcome.not_rebuilt),
                  "build the initramfs of all kernels with this system's tool, before the reboot");
}

Actions printing_actions(const host::Root& root, const std::string& then) {
  return {.run =
              [then](const host::Command& command) {
                host::print(stdout, "Running: %s\n", shown(command).c_str());
                (void)std::fflush(stdout);
                const AnswerToInterruption answer("waiting for " + program_of(command) +
                                                  " to end; " + then);
                return run_program(command);
              },
          .rebuild_now =
              [&root](const std::vector<host::Command>& recorded) {
                return rebuild_commands_now(root, recorded);
              },
          .interrupted = interrupted};
}

}  // namespace early::enable
