// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs vfio-verify's live trial a thousand times on one device, and kills it fifty times while it
// runs: the device still works afterwards, and no unmapped memory changes.
#include <iostream>
#include <random>

#include "tests/boot/lab.h"

namespace {

constexpr const char* kAudio = "0000:01:00.1";
constexpr int kBoots = 10, kRunsOfABoot = 100;  // a hundred runs fit into the time limit of a boot

lab::Answer ask(const std::string& mode) {
  std::cout << "live_again " << mode << std::endl;  // a guest that hangs does not report it
  const lab::Boot seen = lab::boot(
      {.kernel = "6.12"}, {.configuration = "[gaming]\naddress = 0000:01:00\n", .systemd = false},
      {{"again", std::string("live_again ") + kAudio + " " + mode}});
  const lab::Answer answer = seen.answer("again");
  std::cout << answer.out;
  return answer;
}

class LiveEndurance : public testing::TestWithParam<int> {};

TEST_P(LiveEndurance, AHundredRuns) {
  EXPECT_EQ(ask("runs " + std::to_string(kRunsOfABoot)).exit, 0);
}

INSTANTIATE_TEST_SUITE_P(Long, LiveEndurance, testing::Range(1, kBoots + 1));

TEST(LongLiveKills, FiftyAndItWorksAfterEach) {
  EXPECT_EQ(ask("kills 50 " + std::to_string(std::random_device()())).exit, 0);
}

// The negative test: a device that writes to a canary is found.
TEST(LongLiveKills, AStrayWriteIsFound) {
  const lab::Answer answer = ask("stray");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.out.find(", 0 words were changed"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("words were changed"), std::string::npos) << answer.out;
}

}  // namespace
