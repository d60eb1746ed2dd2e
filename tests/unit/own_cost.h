// SPDX-License-Identifier: GPL-2.0-or-later
//
// What this process has cost so far, for tests of how that grows.
#pragma once

#include <ctime>
#include <fstream>
#include <string>

// Read calls of this process so far. (Listing a directory is none.)
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
