// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dead-man rescue's state machine: what a boot does with the flag that the last one left.
#include "plan/rescue.h"

#include <random>

#include <gtest/gtest.h>

#include "record/record.h"
#include "tests/unit/fake_tree.h"

namespace plan {
namespace {

constexpr const char* kCurrentFingerprint = "0123456789abcdef";
constexpr const char* kOldFingerprint = "fedcba9876543210";
const record::Rescue kArmed = {.healthy_when = config::Healthy::kDisplay};

struct Case {
  record::BootFlag found;
  bool skips;
  record::BootFlag wanted;
};

TEST(BootFlagTest, DecisionFollowsFromFlag) {
  const record::BootFlag pending_now = {record::Mark::kPending, kCurrentFingerprint};
  const Case cases[] = {
      {{}, false, pending_now},
      {{record::Mark::kPending, kCurrentFingerprint},
       true,
       {record::Mark::kSkipped, kCurrentFingerprint}},
      {{record::Mark::kPending, kOldFingerprint},
       true,
       {record::Mark::kSkipped, kOldFingerprint}},  // for any claim
      {{record::Mark::kHealthy, kCurrentFingerprint},
       false,
       {record::Mark::kHealthy, kCurrentFingerprint}},  // no write
      {{record::Mark::kHealthy, kOldFingerprint}, false, pending_now},
      {{record::Mark::kSkipped, kCurrentFingerprint}, false, pending_now},
      {{record::Mark::kStopped, kCurrentFingerprint}, false, pending_now},
  };
  for (const Case& c : cases) {
    const record::Rescue rescue = decide(kArmed, c.found, kCurrentFingerprint, nullptr);
    EXPECT_EQ(rescue.skips, c.skips) << c.found.str();
    EXPECT_EQ(rescue.wanted, c.wanted) << c.found.str();
    EXPECT_EQ(rescue.flag, c.found);
    EXPECT_EQ(rescue.healthy_when, config::Healthy::kDisplay);
  }
}

// With vfio_early=off, or if the card is refused for another reason, the boot needs no healthy
// mark, but it still resolves the mark of the boot before.
TEST(BootFlagTest, BootWithoutClaimsOnlyResolvesOldFlag) {
  const record::BootFlag healthy = {record::Mark::kHealthy, kOldFingerprint};
  EXPECT_EQ(decide(kArmed, healthy, "", nullptr).wanted, healthy);
  EXPECT_EQ(decide(kArmed, {}, "", nullptr).wanted, record::BootFlag());
  EXPECT_EQ(decide(kArmed, {record::Mark::kPending, kOldFingerprint}, "", nullptr).wanted.mark,
            record::Mark::kSkipped);
}

// A gate that runs again finds the flag of its own boot.
TEST(BootFlagTest, DecisionIsKeptWithinBoot) {
  const record::Rescue first = decide(kArmed, {}, kCurrentFingerprint, nullptr);
  const record::Rescue again = decide(kArmed, first.wanted, kCurrentFingerprint, &first);
  EXPECT_FALSE(again.skips);
  EXPECT_EQ(again.wanted, again.flag);

  const record::Rescue skips =
      decide(kArmed, {record::Mark::kPending, kCurrentFingerprint}, kCurrentFingerprint, nullptr);
  for (const record::BootFlag& found :
       {skips.flag, skips.wanted}) {  // before and after bind's write
    EXPECT_TRUE(decide(kArmed, found, kCurrentFingerprint, &skips).skips);
    EXPECT_EQ(decide(kArmed, found, kCurrentFingerprint, &skips).wanted, skips.wanted);
  }
  const record::Rescue unarmed;  // then the configuration is armed
  EXPECT_TRUE(
      decide(kArmed, {record::Mark::kPending, kCurrentFingerprint}, kCurrentFingerprint, &unarmed)
          .skips);
}

// From boot to boot, by the contents of flash.
TEST(BootFlagTest, SkipsOnceThenClaims) {
  record::BootFlag flash;
  std::string decisions;
  for (int boot = 0; boot < 5; ++boot) {
    const record::Rescue rescue = decide(kArmed, flash, kCurrentFingerprint, nullptr);
    decisions += rescue.skips ? "skip " : "claim ";
    flash = record::BootFlag::parse(rescue.wanted.str() + "\n");
    if (boot == 2) flash.mark = record::Mark::kHealthy;
  }
  EXPECT_EQ(decisions, "claim skip claim claim claim ");
}

TEST(BootFlagTest, TextRoundTrips) {
  for (const record::Mark mark : {record::Mark::kPending, record::Mark::kHealthy,
                                  record::Mark::kSkipped, record::Mark::kStopped}) {
    const record::BootFlag flag = {mark, kCurrentFingerprint};
    EXPECT_EQ(record::BootFlag::parse(flag.str()), flag);
    EXPECT_EQ(record::BootFlag::parse(flag.str() + "\nlonger than it was"), flag);
  }
  EXPECT_EQ(record::BootFlag().str(), "none");
}

TEST(BootFlagTest, InvalidTextIsNotAFlag) {
  const std::string text = std::string("pending ") + kCurrentFingerprint;
  for (const std::string& rubbish :
       {std::string(), std::string("pending"), text + "0", text + " x", "Pending " + text.substr(8),
        "none " + text.substr(8), text.substr(0, 23), std::string(4096, 'x'), std::string(3, '\0'),
        "pending " + std::string(16, 'g')})
    EXPECT_EQ(record::BootFlag::parse(rubbish), record::BootFlag()) << rubbish;

  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {  // any result can be written again
    std::string mutated = text;
    for (int n = 0; n < 3; ++n) mutated[random() % mutated.size()] = static_cast<char>(random());
    const record::BootFlag flag = record::BootFlag::parse(mutated);
    EXPECT_EQ(record::BootFlag::parse(flag.str()), flag);
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

  std::string fingerprint_of(const std::string& text, const std::string& firmware = "1.0") {
    configuration_ = {};
    config::parse_configuration(text, "/etc/vfio-early.conf", configuration_);
    const host::Machine machine = tree_.machine();
    return fingerprint(make_plan(configuration_, machine), configuration_, machine, firmware);
  }

  FakeTree tree_;
  config::Configuration configuration_;
  const std::string armed_ = "[a]\naddress = 0000:01:00\nhealthy-when = display\n";
};

TEST_F(FingerprintTest, ChangesWithFirmwareKernelAndDisplays) {
  const std::string first = fingerprint_of(armed_);
  EXPECT_EQ(first.size(), 16u);
  EXPECT_EQ(fingerprint_of(armed_), first);
  EXPECT_NE(fingerprint_of(armed_ + "unbind = display\n"), first);
  EXPECT_NE(fingerprint_of(armed_, "1.1"), first);
  tree_.file("/proc/sys/kernel/osrelease", "6.13\n");
  EXPECT_NE(fingerprint_of(armed_), first);
  tree_.file("/proc/sys/kernel/osrelease", "6.12\n");
  tree_.function("0000:00:1f.3", "8086:A348", "40300");
  EXPECT_EQ(fingerprint_of(armed_), first);  // no display
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:00:02.0");
  EXPECT_NE(fingerprint_of(armed_), first);  // the host's display is gone
}

TEST_F(FingerprintTest, IsEmptyWithoutArmedClaim) {
  EXPECT_EQ(fingerprint_of("[a]\naddress = 0000:01:00\n"), "");
  EXPECT_EQ(fingerprint_of("[a]\naddress = 0000:07:00\nhealthy-when = boot\n"), "");
  tree_.file("/proc/cmdline", "vfio_early=off\n");
  EXPECT_EQ(fingerprint_of(armed_), "");
}

TEST_F(FingerprintTest, OnlyArmedCardsAreSkipped) {
  tree_.function("0000:02:00.0", "10DE:1B81", "30000");
  fingerprint_of(armed_ + "[b]\naddress = 0000:02:00\n");
  Plan plan = make_plan(configuration_, tree_.machine());
  ASSERT_EQ(plan.claims.size(), 2u);
  refuse_armed_cards(plan, configuration_);
  ASSERT_EQ(plan.claims.size(), 1u);
  EXPECT_EQ(plan.claims[0].card, "b");
  ASSERT_EQ(plan.refusals.size(), 1u);
  EXPECT_EQ(plan.refusals[0].card, "a");
  EXPECT_EQ(plan.refusals[0].where(), "/etc/vfio-early.conf:2");
}

TEST_F(FingerprintTest, StrictestOptionApplies) {
  fingerprint_of("[a]\naddress = 0000:01:00\n");
  EXPECT_FALSE(configured_rescue(configuration_).armed());
  fingerprint_of("[b]\naddress = 0000:02:00\nhealthy-when = boot\n[c]\naddress = 0000:03:00\n");
  EXPECT_EQ(configured_rescue(configuration_).healthy_when, config::Healthy::kBoot);
  fingerprint_of("[b]\naddress = 0000:02:00\nhealthy-when = boot\n" + armed_ +
                 "[c]\naddress = 0000:03:00\nhealthy-when = boot\n");
  EXPECT_EQ(configured_rescue(configuration_).healthy_when, config::Healthy::kDisplay);
}

TEST(RescueRecordTest, RoundTrips) {
  record::Record record;
  record.rescue =
      decide(kArmed, {record::Mark::kPending, kOldFingerprint}, kCurrentFingerprint, nullptr);
  record.rescue.unavailable = "why";
  record.rescue.remedy = "what";
  const auto read = record::record_from_json(record::to_json(record));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rescue, record.rescue);
}

}  // namespace
}  // namespace plan
