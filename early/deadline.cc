// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/deadline.h"

#include <algorithm>
#include <optional>

namespace early {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::optional<steady_clock::time_point> deadline;

}  // namespace

ProcessDeadline::ProcessDeadline(milliseconds time) {
  deadline = steady_clock::now() + time;
}

ProcessDeadline::~ProcessDeadline() {
  deadline.reset();
}

int wait_limit(int limit) {
  if (!deadline) return limit;
  const auto left = std::chrono::duration_cast<milliseconds>(*deadline - steady_clock::now());
  const auto rest = std::max<milliseconds::rep>(left.count(), kMinWaitMilliseconds);
  return static_cast<int>(std::min<milliseconds::rep>(limit, rest));
}

}  // namespace early
