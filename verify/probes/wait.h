// SPDX-License-Identifier: GPL-2.0-or-later
//
// Waiting for a device, never without an end.
#pragma once

#include <chrono>

#include <time.h>

namespace verify {

inline void pause_for(int microseconds) {
  const timespec pause = {.tv_sec = 0, .tv_nsec = microseconds * 1000L};
  ::nanosleep(&pause, nullptr);
}

// Asks at once, then every 20 us; what became true at the last moment counts.
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
