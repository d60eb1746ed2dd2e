// SPDX-License-Identifier: GPL-2.0-or-later
//
// Running another program to its end, or to the end of one's patience.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "host/result.h"

namespace host {

// A program, looked up in PATH, and its arguments.
using Command = std::vector<std::string>;

struct Ending {
  bool in_time = false;  // false: the whole process group was killed
  int status = -1;       // the exit status, or 128 + the signal
  std::chrono::milliseconds took{0};
};

// Runs `command` in a process group of its own, without input, with standard output and error in
// the files `out` and `err`. It is killed after `limit`, and when its caller dies. Exit status 127:
// there is no such program; 126: `out` or `err` can't be written.
Result<Ending> run(const Command& command, const std::string& out, const std::string& err,
                   std::chrono::milliseconds limit);

// For a shell to repeat it: "'qemu-system-x86_64' '-m' '1024'\n".
std::string quoted(const Command& command);

}  // namespace host
