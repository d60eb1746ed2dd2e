// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/output/progress.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "verify/output/show.h"

namespace verify {
namespace {

constexpr std::chrono::milliseconds kDelay{500};

bool disabled = false;

}  // namespace

void Progress::silence() {
  disabled = true;
}

Progress::Progress(std::string what) : what_(std::move(what)) {
  if (!disabled) thread_ = std::thread([this] { wait(); });
}

Progress::~Progress() {
  {
    const std::lock_guard guard(mutex_);
    done_ = true;
  }
  ended_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Progress::wait() {
  std::unique_lock guard(mutex_);
  if (ended_.wait_for(guard, kDelay, [this] { return done_; })) return;
  show(stderr, "vfio-verify: " + what_ + " ...\n");
}

}  // namespace verify
