// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs vfio-verify's live trial a thousand times on one device, and kills it fifty times while it
// runs: the device still works afterwards, and no unmapped memory changes.
#include <iostream>
#include <random>

#include "tests/lab/lab.h"

namespace {

constexpr const char* kAudio = "0000:01:00.1";
constexpr int kBoots = 10, kRunsPerBoot = 100;  // a hundred runs fit into the time limit of a boot

lab::Answer run_live_stress(const std::string& mode) {
  std::cout << "live_stress " << mode << std::endl;  // a guest that hangs does not report it
  const lab::Boot seen = lab::boot(
      {.kernel = "6.12"}, {.configuration = "[gaming]\naddress = 0000:01:00\n", .systemd = false},
      {{"again", std::string("live_stress ") + kAudio + " " + mode}});
  const lab::Answer answer = seen.answer("again");
  std::cout << answer.out;
  return answer;
}

class LiveEndurance : public testing::TestWithParam<int> {};

TEST_P(LiveEndurance, HundredRunsPass) {
  EXPECT_EQ(run_live_stress("runs " + std::to_string(kRunsPerBoot)).exit, 0);
}

INSTANTIATE_TEST_SUITE_P(Long, LiveEndurance, testing::Range(1, kBoots + 1));

TEST(LiveStress, PassesAfterEachOfFiftyKills) {
  EXPECT_EQ(run_live_stress("kills 50 " + std::to_string(std::random_device()())).exit, 0);
}

// The negative test: a device that writes to a canary is found.
TEST(LiveStress, DetectsStrayDmaWrite) {
  const lab::Answer answer = run_live_stress("stray");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.out.find(", 0 words were changed"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("words were changed"), std::string::npos) << answer.out;
}

}  // namespace
