// SPDX-License-Identifier: GPL-2.0-or-later
//
// Progress messages on standard error for steps that take longer than half a second.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace verify {

// One step, from its construction to its end.
//
//   const Progress step("reading the image /boot/initrd.img");
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // For --quiet. Call it before the first step begins.
  static void silence();

 private:
  void wait();

  std::string what_;
  bool done_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace verify
