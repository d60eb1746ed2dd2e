// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cost of this process so far, for tests of how it grows.
#pragma once

#include <ctime>
#include <fstream>
#include <string>

// The number of read calls of this process so far. Listing a directory is not counted.
inline long reads() {
  std::ifstream io("/proc/self/io");
  for (std::string key; io >> key;) {
    long value = 0;
    io >> value;
    if (key == "syscr:") return value;
  }
  return 0;
}

inline double processor_seconds() {
  timespec used = {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}
