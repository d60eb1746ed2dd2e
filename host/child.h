// SPDX-License-Identifier: GPL-2.0-or-later
//
// Other programs: the only place that starts one, and waits for it.
//
// What must hold, whoever calls us and from wherever: the program is named by its absolute path
// ($PATH is the invoking user's, not root's); it gets an environment of ours, /dev/null to read
// from, and no other descriptor of this process; its signals are as after a boot; it is killed,
// with all that it started in its session, when its time is over, when it writes too much, and when
// the thread that started it ends.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace host {

// A program and its arguments.
using Command = std::vector<std::string>;

// The absolute path of the program `name`, from the first that has it of /usr/sbin, /usr/bin,
// /sbin, /bin and NixOS's /run/current-system/sw/bin. ENOENT: none of them has.
Result<std::string> find_program(const Root& root, const std::string& name);

struct ChildRequest {
  Command command;                            // the first word is an absolute path
  std::chrono::milliseconds limit;            // from its start until its output and itself end
  size_t output_limit = size_t{4} << 20;      // bytes, of both outputs together
  std::vector<std::string> environment = {};  // "NAME=value": besides, or instead of, ours
};

struct ChildOutput {
  std::string out, err;  // what it wrote until its end
  // Why this is no success: it ended with something else than 0, or by a signal (code 0), or it was
  // killed for its time (ETIMEDOUT) or its output (EFBIG).
  std::optional<Error> failure;
  int status = -1;  // of its exit; -1 where a signal ended it
  std::chrono::milliseconds took{0};
};

// EINVAL: its path is not absolute; what execve(2) says, where it cannot be started.
Result<ChildOutput> run(const ChildRequest& request);

// Its standard output alone, where it succeeded. Else `failure`, with the last line of its
// complaint.
Result<std::string> output_of(const ChildRequest& request);

// For a shell to repeat it: "'qemu-system-x86_64' '-m' '1024'\n".
std::string quoted(const Command& command);

}  // namespace host
