// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a cost grows in proportion to the size of the machine.
#pragma once

#include <cstddef>
#include <span>

namespace bench {

struct Sized {
  double size;
  double cost;
};

// Between two sizes, one more function costs about the same as between the next two. More: on a
// larger machine, less of it fits into a cache, and it needs more memory than what a program of any
// size has. Less: functions share ports and groups. But if sizes grow tenfold, cost in the square
// of the size would be ten times as much; and if it is nothing, the function was not inspected.
inline constexpr double kMostGrowth = 3, kLeastGrowth = 0.5;

// `costs`: of growing sizes, at least three.
inline bool grows_in_proportion(std::span<const Sized> costs) {
  const auto cost_of_one = [&](size_t i) {
    return (costs[i].cost - costs[i - 1].cost) / (costs[i].size - costs[i - 1].size);
  };
  for (size_t i = 2; i < costs.size(); ++i) {
    const double before = cost_of_one(i - 1), after = cost_of_one(i);
    if (before <= 0 || after < before * kLeastGrowth || after > before * kMostGrowth) return false;
  }
  return costs.size() > 2;
}

}  // namespace bench
