// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: repeats the claim, which must succeed every time.
#include "tests/boot/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

class Again : public testing::TestWithParam<int> {};

TEST_P(Again, ClaimPrecedesForcedDrivers) {
  const lab::Boot seen = lab::boot({.kernel = "6.12"}, {.configuration = kGaming});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

INSTANTIATE_TEST_SUITE_P(Long, Again, testing::Range(1, 11));

}  // namespace
