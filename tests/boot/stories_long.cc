// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: what has to hold every time is tried many times, and a kill at many moments.
#include <tuple>

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

// The unit, and after how many milliseconds it is killed.
class KilledAt : public testing::TestWithParam<std::tuple<std::string, int>> {};

// Wherever it was: the boot goes on (or there would be no report), and a function with an override
// has no host driver, whoever comes to its end.
TEST_P(KilledAt, NoHostDriverAfterTheOverride) {
  const auto [unit, milliseconds] = GetParam();
  const lab::Overlay drop_in = {.path = "etc/systemd/system/" + unit + ".service.d/kill.conf",
                                .text = "[Service]\nTimeoutStartSec=" +
                                        std::to_string(milliseconds) + "ms\nKillSignal=SIGKILL\n"};
  const lab::Boot seen =
      lab::boot({.kernel = "6.12"}, {.configuration = kGaming, .overlays = {drop_in}});
  for (const lab::Function& function : seen.report().at("0000:01:00")) {
    RecordProperty(function.address, function.driver + ", " + function.driver_override);
    if (function.driver_override.empty()) {
      EXPECT_TRUE(seen.left_to_host(function.address));
    } else {
      EXPECT_EQ(function.driver_override, "vfio-pci") << function.address;
      EXPECT_TRUE(function.driver.empty() || function.driver == "vfio-pci") << function.driver;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Long, KilledAt,
                         testing::Combine(testing::Values("vfio-early-gate", "vfio-early-bind"),
                                          testing::Values(10, 50, 100, 200, 400, 800, 1600, 3200)));

}  // namespace
