// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: repeats the claim, which must succeed every time.
#include "tests/lab/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

class RepeatedClaim : public testing::TestWithParam<int> {};

TEST_P(RepeatedClaim, PrecedesForcedDrivers) {
  const lab::Boot seen = lab::boot({.kernel = "6.12"}, {.configuration = kGaming});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

INSTANTIATE_TEST_SUITE_P(Long, RepeatedClaim, testing::Range(1, 11));

}  // namespace
