// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a program asks of the kernel, with all that it starts, counted by ptrace(2): in a run of its
// own, since being watched takes time.
#pragma once

namespace bench {

struct Calls {
  long system_calls = 0;
  long executions = 0;  // of programs: execve that came to something, its own included
};

// Runs the program without output. The guest stops where it fails.
Calls calls_of(const char* const* arguments);

}  // namespace bench
