// SPDX-License-Identifier: GPL-2.0-or-later
//
// Counts the system calls of a program and of all that it starts, by ptrace(2). This is a separate
// run, because tracing takes time.
#pragma once

namespace bench {

struct Calls {
  long system_calls = 0;
  long executions = 0;  // of programs: successful execve calls, the first included
};

// Runs the program without output. If it fails, the guest stops.
Calls calls_of(const char* const* arguments);

}  // namespace bench
