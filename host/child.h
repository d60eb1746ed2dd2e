// SPDX-License-Identifier: GPL-2.0-or-later
//
// Starts another program and waits for it. No other code does so (tests/exec-calls).
//
// What must hold, whatever the invoking user has set:
// - The program is named by its absolute path: $PATH is the invoking user's.
// - It gets a fixed environment, /dev/null as standard input, and no open file of this process.
// - It has a session of its own, and no signal is blocked or ignored.
// - It is killed, with its process group, at its time limit and its output limit.
// - It is killed when the thread that started it ends.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace host {

// A program and its arguments.
using Command = std::vector<std::string>;

// The absolute path of the program `name`, in the first of /usr/sbin, /usr/bin, /sbin, /bin and
// NixOS's /run/current-system/sw/bin that contains it. ENOENT: none does.
Result<std::string> find_program(const Root& root, const std::string& name);

// Gives this process the environment of the programs that run() starts. For a forked child that
// does not call exec().
void set_fixed_environment();

struct ChildRequest {
  Command command;                            // the first word is an absolute path
  std::chrono::milliseconds limit;            // until the program and its output end
  size_t output_limit = size_t{4} << 20;      // bytes, of both outputs together
  bool only_end = false;                      // drop older output at that limit, and do not kill
  std::vector<std::string> environment = {};  // "NAME=value": added, or replaces a fixed one
  // If set, asked twice a second: true once the program has done its work. It must then end within
  // `end_limit`, or is killed with ETIMEDOUT.
  std::function<bool()> is_done = {};
  std::chrono::milliseconds end_limit{0};
};

struct ChildOutput {
  std::string out, err;  // standard output and standard error
  // Set unless the exit status is 0. Code 0: another exit status, or a signal. ETIMEDOUT, EFBIG: it
  // was killed at the time or the output limit. ECHILD: its end is unknown.
  std::optional<Error> failure;
  int status = -1;  // the exit status; -1: it was killed, or its end is unknown
  std::chrono::milliseconds took{0};
};

// EINVAL: the path is not absolute. Other errors: the program could not be started (execve(2)).
Result<ChildOutput> run(const ChildRequest& request);

// The standard output, if the exit status is 0. Otherwise `failure`, with the last line of standard
// error.
Result<std::string> output_of(const ChildRequest& request);

// The command for a shell: "'qemu-system-x86_64' '-m' '1024'\n".
std::string quoted(const Command& command);

}  // namespace host
