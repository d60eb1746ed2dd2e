// SPDX-License-Identifier: GPL-2.0-or-later
//
// Waiting for a device, always with a time limit.
#pragma once

#include <chrono>

#include <time.h>

namespace verify {

inline void pause_for(int microseconds) {
  const timespec pause = {.tv_sec = 0, .tv_nsec = microseconds * 1000L};
  ::nanosleep(&pause, nullptr);
}

// Checks the condition at once, then every 20 us, and once more after the time limit.
template <typename Condition>
bool wait_until(int milliseconds, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    pause_for(20);
  }
  return true;
}

}  // namespace verify
