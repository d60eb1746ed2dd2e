// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/patience.h"

#include <algorithm>
#include <optional>

namespace early {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::optional<steady_clock::time_point> deadline;

}  // namespace

LimitOfAllWaits::LimitOfAllWaits(milliseconds time) {
  deadline = steady_clock::now() + time;
}

LimitOfAllWaits::~LimitOfAllWaits() {
  deadline.reset();
}

int limit_of_wait(int limit) {
  if (!deadline) return limit;
  const auto left = std::chrono::duration_cast<milliseconds>(*deadline - steady_clock::now());
  const auto rest = std::max<milliseconds::rep>(left.count(), kLeastMilliseconds);
  return static_cast<int>(std::min<milliseconds::rep>(limit, rest));
}

}  // namespace early
