// SPDX-License-Identifier: GPL-2.0-or-later
//
// One deadline for all waits of this process together. Each wait has a limit of its own, but
// several functions may hang, and systemd kills a unit that exceeds TimeoutStartSec=: the record
// must be complete before.
#pragma once

#include <chrono>

namespace early {

// While it exists, all waits end `time` after it was made, or kLeastMilliseconds after they began
// if that is later. One at a time.
class LimitOfAllWaits {
 public:
  explicit LimitOfAllWaits(std::chrono::milliseconds time);
  ~LimitOfAllWaits();
  LimitOfAllWaits(const LimitOfAllWaits&) = delete;
  LimitOfAllWaits& operator=(const LimitOfAllWaits&) = delete;
};

// A step of the kernel that does not hang is done by then.
inline constexpr int kLeastMilliseconds = 100;

// The limit of one wait that begins now: `milliseconds`, or less because of the deadline.
int limit_of_wait(int milliseconds);

}  // namespace early
