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

// vfio-verify's own repetition, on devices of three kinds. The fake in tests/unit shows a device
// that stops answering.
TEST(LiveCycles, EachKindOfDeviceComesBack) {
  const lab::Boot seen = lab::boot(
      {.kernel = "6.12", .cards = {{}, {.kind = lab::Kind::kNvme}, {.kind = lab::Kind::kUsb}, {}}},
      {.configuration = "[gaming]\naddress = 0000:01:00\n[disk]\naddress = 0000:02:00.0\n"
                        "[usb]\naddress = 0000:03:00.0\n",
       .systemd = false},
      {{"cycles", "vfio-verify --live --cycles 20 --format json"},
       {"refused", "vfio-verify --cycles 20"},
       {"zero", "vfio-verify --live --cycles 0"}});
  const auto json = seen.answer("cycles").json();
  ASSERT_TRUE(json.is_object()) << seen.answer("cycles").err;
  ASSERT_EQ(json.value("endurance", nlohmann::json::array()).size(), 3u) << json.dump();
  for (const auto& function : json["endurance"]) {
    EXPECT_EQ(function["completed"], 20) << function.dump();
    EXPECT_EQ(function["stopped_at"], 0) << function.dump();
  }
  for (const char* function : {kAudio, "0000:02:00.0", "0000:03:00.0"})
    EXPECT_EQ(seen.finding("cycles", "reset.endurance", function).value("status", ""), "pass");
  EXPECT_NE(seen.answer("cycles").err.find("came back in 20 of 20 cycles"), std::string::npos);
  EXPECT_EQ(seen.answer("refused").exit, 64);
  EXPECT_EQ(seen.answer("zero").exit, 64);
}

}  // namespace
