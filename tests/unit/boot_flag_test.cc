// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dead-man rescue's state machine: what a boot does with the flag that the last one left.
#include "plan/boot_flag.h"

#include <random>

#include <gtest/gtest.h>

#include "fake_tree.h"
#include "plan/record.h"

namespace plan {
namespace {

constexpr const char* kNow = "0123456789abcdef";
constexpr const char* kBefore = "fedcba9876543210";
const Rescue kArmed = {.healthy_when = Healthy::kDisplay};

struct Case {
  BootFlag found;
  bool skips;
  BootFlag wanted;
};

TEST(BootFlagTest, WhatFollowsFromWhatWasFound) {
  const BootFlag pending_now = {Mark::kPending, kNow};
  const Case cases[] = {
      {{}, false, pending_now},
      {{Mark::kPending, kNow}, true, {Mark::kSkipped, kNow}},
      {{Mark::kPending, kBefore}, true, {Mark::kSkipped, kBefore}},  // for any claim
      {{Mark::kHealthy, kNow}, false, {Mark::kHealthy, kNow}},       // no write
      {{Mark::kHealthy, kBefore}, false, pending_now},
      {{Mark::kSkipped, kNow}, false, pending_now},
      {{Mark::kStopped, kNow}, false, pending_now},
  };
  for (const Case& c : cases) {
    const Rescue rescue = decide(kArmed, c.found, kNow, nullptr);
    EXPECT_EQ(rescue.skips, c.skips) << c.found.str();
    EXPECT_EQ(rescue.wanted, c.wanted) << c.found.str();
    EXPECT_EQ(rescue.flag, c.found);
    EXPECT_EQ(rescue.healthy_when, Healthy::kDisplay);
  }
}

// With vfio_early=off, or if the card is refused for another reason, the boot needs no healthy
// mark, but it still resolves the mark of the boot before.
TEST(BootFlagTest, BootThatClaimsNothingOnlyAnswersForTheLast) {
  const BootFlag healthy = {Mark::kHealthy, kBefore};
  EXPECT_EQ(decide(kArmed, healthy, "", nullptr).wanted, healthy);
  EXPECT_EQ(decide(kArmed, {}, "", nullptr).wanted, BootFlag());
  EXPECT_EQ(decide(kArmed, {Mark::kPending, kBefore}, "", nullptr).wanted.mark, Mark::kSkipped);
}

// A gate that runs again finds the flag of its own boot.
TEST(BootFlagTest, DecisionOfThisBootStands) {
  const Rescue first = decide(kArmed, {}, kNow, nullptr);
  const Rescue again = decide(kArmed, first.wanted, kNow, &first);
  EXPECT_FALSE(again.skips);
  EXPECT_EQ(again.wanted, again.flag);

  const Rescue skips = decide(kArmed, {Mark::kPending, kNow}, kNow, nullptr);
  for (const BootFlag& found : {skips.flag, skips.wanted}) {  // before and after bind's write
    EXPECT_TRUE(decide(kArmed, found, kNow, &skips).skips);
    EXPECT_EQ(decide(kArmed, found, kNow, &skips).wanted, skips.wanted);
  }
  const Rescue unarmed;  // then the configuration is armed
  EXPECT_TRUE(decide(kArmed, {Mark::kPending, kNow}, kNow, &unarmed).skips);
}

// From boot to boot, by the contents of flash.
TEST(BootFlagTest, SkipsOnceAndTriesAgain) {
  BootFlag flash;
  std::string decisions;
  for (int boot = 0; boot < 5; ++boot) {
    const Rescue rescue = decide(kArmed, flash, kNow, nullptr);
    decisions += rescue.skips ? "skip " : "claim ";
    flash = BootFlag::parse(rescue.wanted.str() + "\n");
    if (boot == 2) flash.mark = Mark::kHealthy;
  }
  EXPECT_EQ(decisions, "claim skip claim claim claim ");
}

TEST(BootFlagTest, TextRoundTrips) {
  for (const Mark mark : {Mark::kPending, Mark::kHealthy, Mark::kSkipped, Mark::kStopped}) {
    const BootFlag flag = {mark, kNow};
    EXPECT_EQ(BootFlag::parse(flag.str()), flag);
    EXPECT_EQ(BootFlag::parse(flag.str() + "\nlonger than it was"), flag);
  }
  EXPECT_EQ(BootFlag().str(), "none");
}

TEST(BootFlagTest, RubbishIsNoFlag) {
  const std::string text = std::string("pending ") + kNow;
  for (const std::string& rubbish :
       {std::string(), std::string("pending"), text + "0", text + " x", "Pending " + text.substr(8),
        "none " + text.substr(8), text.substr(0, 23), std::string(4096, 'x'), std::string(3, '\0'),
        "pending " + std::string(16, 'g')})
    EXPECT_EQ(BootFlag::parse(rubbish), BootFlag()) << rubbish;

  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {  // any result can be written again
    std::string mutated = text;
    for (int n = 0; n < 3; ++n) mutated[random() % mutated.size()] = static_cast<char>(random());
    const BootFlag flag = BootFlag::parse(mutated);
    EXPECT_EQ(BootFlag::parse(flag.str()), flag);
  }
}

class FingerprintTest : public testing::Test {
 protected:
  FingerprintTest() {
    tree_.iommu();
    tree_.function("0000:00:02.0", "8086:3E92", "30000");
    tree_.function("0000:01:00.0", "10DE:1B81", "30000");
    tree_.file("/proc/sys/kernel/osrelease", "6.12\n");
  }

  std::string of(const std::string& text, const std::string& firmware = "1.0") {
    configuration_ = {};
    parse_configuration(text, "/etc/vfio-early.conf", configuration_);
    const host::Machine machine = tree_.machine();
    return fingerprint(make_plan(configuration_, machine), configuration_, machine, firmware);
  }

  FakeTree tree_;
  Configuration configuration_;
  const std::string armed_ = "[a]\naddress = 0000:01:00\nhealthy-when = display\n";
};

TEST_F(FingerprintTest, ChangesWithWhatMayTurnAScreenBlack) {
  const std::string first = of(armed_);
  EXPECT_EQ(first.size(), 16u);
  EXPECT_EQ(of(armed_), first);
  EXPECT_NE(of(armed_ + "unbind = display\n"), first);
  EXPECT_NE(of(armed_, "1.1"), first);
  tree_.file("/proc/sys/kernel/osrelease", "6.13\n");
  EXPECT_NE(of(armed_), first);
  tree_.file("/proc/sys/kernel/osrelease", "6.12\n");
  tree_.function("0000:00:1f.3", "8086:A348", "40300");
  EXPECT_EQ(of(armed_), first);  // no display
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:00:02.0");
  EXPECT_NE(of(armed_), first);  // the host's display is gone
}

TEST_F(FingerprintTest, ThereIsNoneWithoutAnArmedClaim) {
  EXPECT_EQ(of("[a]\naddress = 0000:01:00\n"), "");
  EXPECT_EQ(of("[a]\naddress = 0000:07:00\nhealthy-when = boot\n"), "");
  tree_.file("/proc/cmdline", "vfio_early=off\n");
  EXPECT_EQ(of(armed_), "");
}

TEST_F(FingerprintTest, OnlyArmedCardsAreLeft) {
  tree_.function("0000:02:00.0", "10DE:1B81", "30000");
  of(armed_ + "[b]\naddress = 0000:02:00\n");
  Plan plan = make_plan(configuration_, tree_.machine());
  ASSERT_EQ(plan.claims.size(), 2u);
  leave_armed_cards(plan, configuration_);
  ASSERT_EQ(plan.claims.size(), 1u);
  EXPECT_EQ(plan.claims[0].card, "b");
  ASSERT_EQ(plan.refusals.size(), 1u);
  EXPECT_EQ(plan.refusals[0].card, "a");
  EXPECT_EQ(plan.refusals[0].where(), "/etc/vfio-early.conf:2");
}

TEST_F(FingerprintTest, StrictestWishCounts) {
  of("[a]\naddress = 0000:01:00\n");
  EXPECT_FALSE(asked_rescue(configuration_).armed());
  of("[b]\naddress = 0000:02:00\nhealthy-when = boot\n[c]\naddress = 0000:03:00\n");
  EXPECT_EQ(asked_rescue(configuration_).healthy_when, Healthy::kBoot);
  of("[b]\naddress = 0000:02:00\nhealthy-when = boot\n" + armed_ +
     "[c]\naddress = 0000:03:00\nhealthy-when = boot\n");
  EXPECT_EQ(asked_rescue(configuration_).healthy_when, Healthy::kDisplay);
}

TEST(RescueRecordTest, RoundTrips) {
  Record record;
  record.rescue = decide(kArmed, {Mark::kPending, kBefore}, kNow, nullptr);
  record.rescue.unavailable = "why";
  record.rescue.remedy = "what";
  const auto read = record_from_json(to_json(record));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rescue, record.rescue);
}

}  // namespace
}  // namespace plan
