// SPDX-License-Identifier: GPL-2.0-or-later
//
// One deadline for all waits of this process together. Each wait has its own limit, but several
// functions may hang, and systemd kills a unit that exceeds TimeoutStartSec=: the record must be
// complete before that.
#pragma once

#include <chrono>

namespace early {

// While an object exists, waits end `time` after its construction. A wait has at least
// kMinWaitMilliseconds. At most one object exists at a time.
class ProcessDeadline {
 public:
  explicit ProcessDeadline(std::chrono::milliseconds time);
  ~ProcessDeadline();
  ProcessDeadline(const ProcessDeadline&) = delete;
  ProcessDeadline& operator=(const ProcessDeadline&) = delete;
};

// An operation of the kernel that does not hang ends within this time.
inline constexpr int kMinWaitMilliseconds = 100;

// The limit of a wait that begins now: `milliseconds`, or less because of the deadline.
int wait_limit(int milliseconds);

}  // namespace early
