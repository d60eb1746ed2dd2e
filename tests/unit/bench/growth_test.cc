// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cost/growth.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace {

// Of 10 to 10,000 functions, beside a fixed cost.
template <class Function>
bool accepts(Function cost) {
  std::vector<bench::Sized> costs;
  for (double size = 10; size <= 10'000; size *= 10) costs.push_back({size, 20'000 + cost(size)});
  return bench::grows_in_proportion(costs);
}

TEST(Growth, InProportionIsAccepted) {
  EXPECT_TRUE(accepts([](double size) { return 160 * size; }));
  EXPECT_TRUE(accepts([](double size) { return 20 * size * std::log(size); }));
}

TEST(Growth, SquareIsRefused) {
  EXPECT_FALSE(accepts([](double size) { return size * size; }));
  EXPECT_FALSE(accepts([](double size) { return 100 * std::pow(size, 1.7); }));
}

// Functions that are not inspected cost nothing.
TEST(Growth, NoCostIsRefused) {
  EXPECT_FALSE(accepts([](double) { return 0.0; }));
  EXPECT_FALSE(accepts([](double size) { return 160 * std::min(size, 1000.0); }));
  EXPECT_FALSE(accepts([](double size) { return std::sqrt(size); }));
}

TEST(Growth, TwoSizesProveNothing) {
  EXPECT_FALSE(bench::grows_in_proportion(std::vector<bench::Sized>{{10, 10}, {100, 100}}));
}

}  // namespace
