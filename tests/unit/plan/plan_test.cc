// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan.h"

#include "tests/unit/plan/plan_fixture.h"

namespace plan {
namespace {

TEST_F(PlanTest, SlotSelectsAllFunctionsOfCard) {
  const Plan all = plan("[a]\naddress = 0000:01:00\n");
  EXPECT_EQ(claimed(all), "0000:01:00.0 0000:01:00.1 ");
  EXPECT_TRUE(all.complete());
  EXPECT_EQ(all.claims[0].handling.driver, "vfio-pci");
}

TEST_F(PlanTest, FullAddressSelectsOneFunction) {
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:01:00.1\n")), "0000:01:00.1 ");
}

TEST_F(PlanTest, FunctionNamedTwiceIsOneClaim) {
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:01:00 0000:01:00.0\n")),
            "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:01:00\nfunctions = 1 1\n")), "0000:01:00.1 ");
}

TEST_F(PlanTest, UnknownAddressRefusesOnlyItsCard) {
  const Plan both = plan("[a]\naddress = 0000:01:00\n[b]\naddress = 0000:09:00\n");
  EXPECT_EQ(claimed(both), "0000:01:00.0 0000:01:00.1 ");
  ASSERT_EQ(both.refusals.size(), 1u);
  EXPECT_EQ(both.refusals[0].card, "b");
  EXPECT_EQ(both.refusals[0].why, "no PCI function 0000:09:00 found");
}

TEST_F(PlanTest, IndexOrSubsystemSelectsIdenticalCard) {
  EXPECT_EQ(claimed(plan("[a]\nid = 10de:1b81\nindex = 1\n")), "0000:02:00.0 0000:02:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\nid = 10de:1b81:1043:8599\n")), "0000:02:00.0 0000:02:00.1 ");
  expect_refused(plan("[a]\nid = 10de:1b81\n"), "matches 2 functions: 0000:01:00.0 0000:02:00.0");
  expect_refused(plan("[a]\nid = 10de:1b81\nindex = 2\n"), "index 2 is too large");
  expect_refused(plan("[a]\nid = 10de:ffff\n"), "no PCI function that matches 10de:ffff found");
}

// Each card of the section has a name, and is judged alone.
TEST_F(PlanTest, CountClaimsEachCardOfOneKind) {
  const Plan all = plan("[gpus]\nid = 10de:1b81\ncount = all\n");
  EXPECT_EQ(claimed(all), "0000:01:00.0 0000:01:00.1 0000:02:00.0 0000:02:00.1 ");
  EXPECT_TRUE(all.complete());
  EXPECT_EQ(all.claims[1].card, "gpus@0000:01:00");
  EXPECT_EQ(all.claims[2].card, "gpus@0000:02:00");
  EXPECT_EQ(config::section_of(all.claims[2].card), "gpus");
  EXPECT_EQ(config::section_of("lab@home"), "lab@home");
  EXPECT_EQ(claimed(plan("[gpus]\nid = 10de:1b81\ncount = 2\n")), claimed(all));
  EXPECT_EQ(claimed(plan("[gpus]\nclass = 0403\ncount = 3\nfunctions = 1\n")),
            "0000:01:00.1 0000:02:00.1 0000:05:00.1 ");
}

TEST_F(PlanTest, CardThatIsMissingFromCountIsRefusedAlone) {
  const Plan three = plan("[gpus]\nid = 10de:1b81\ncount = 3\n");
  EXPECT_EQ(claimed(three), "0000:01:00.0 0000:01:00.1 0000:02:00.0 0000:02:00.1 ");
  EXPECT_FALSE(three.complete());
  ASSERT_EQ(three.refusals.size(), 1u);
  EXPECT_EQ(three.refusals[0].card, "gpus");
  EXPECT_EQ(three.refusals[0].why,
            "only 2 of 3 cards that match 10de:1b81 found: 0000:01:00 0000:02:00");
  EXPECT_NE(three.refusals[0].remedy.find("set 'count = 2'"), std::string::npos);
  expect_refused(plan("[gpus]\nid = 10de:ffff\ncount = all\n"), "no PCI function that matches");
}

// Which of them are meant is not known.
TEST_F(PlanTest, MoreCardsThanCountAreRefused) {
  expect_refused(plan("[gpus]\nid = 10de:1b81\ncount = 1\n"),
                 "10de:1b81 matches 2 cards, but 'count' is 1: 0000:01:00 0000:02:00");
}

TEST_F(PlanTest, DeadCardOfCountCostsOnlyItself) {
  tree_.function("0000:07:00.0", "10DE:1B81", "30000");  // its audio function does not answer
  const Plan two = plan("[gpus]\nid = 10de:1b81\ncount = all\nidentity = 10de:1b81 10de:10f0\n");
  EXPECT_EQ(claimed(two), "0000:01:00.0 0000:01:00.1 0000:02:00.0 0000:02:00.1 ");
  ASSERT_EQ(two.refusals.size(), 1u);
  EXPECT_EQ(two.refusals[0].card, "gpus@0000:07:00");
  EXPECT_EQ(two.refusals[0].why,
            "identity mismatch at 0000:07:00.0: found 10de:1b81, expected 10de:1b81 10de:10f0");
  EXPECT_TRUE(two.refusals[0].remedy.starts_with("see the kernel log for a function"));
}

TEST_F(PlanTest, CardOfCountThatAnotherSectionClaimsIsRefusedAlone) {
  const Plan both = plan("[gpus]\nid = 10de:1b81\ncount = all\n[one]\naddress = 0000:02:00\n");
  EXPECT_EQ(claimed(both), "0000:01:00.0 0000:01:00.1 ");
  ASSERT_EQ(both.refusals.size(), 2u);
  EXPECT_EQ(both.refusals[0].card, "gpus@0000:02:00");
  EXPECT_EQ(both.refusals[1].card, "one");
}

// The last card stays with the host, not the section.
TEST_F(PlanTest, LastDisplayOfCountStaysWithHost) {
  const Plan most = plan("[gpus]\nclass = 0300\ncount = all\nfunctions = 0\n");
  EXPECT_EQ(claimed(most), "0000:01:00.0 0000:02:00.0 ");
  ASSERT_EQ(most.refusals.size(), 1u);
  EXPECT_EQ(most.refusals[0].card, "gpus@0000:05:00");
}

TEST_F(PlanTest, IdentityMustMatchAtTheAddress) {
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\n")),
            "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:01:00\nidentity = 10de:1b81\n")), "0000:01:00.0 ");
  expect_refused(plan("[a]\naddress = 0000:01:00\nidentity = 10de:1b81 1002:67df\n"),
                 "identity mismatch");
  expect_refused(plan("[a]\naddress = 0000:01:00.1\nidentity = 10de:1b81\n"),
                 "at 0000:01:00.1: found 10de:10f0, expected 10de:1b81");
  expect_refused(plan("[a]\naddress = 0000:01:00\nidentity = 10de:1b81:1043:8599\n"),
                 "10de:1b81:1043:8599 is at 0000:02:00.0");
}

// A card with a PCIe switch: the ids of its ports are not ids of the card.
TEST_F(PlanTest, BridgesInIdentityAreNamed) {
  tree_.function("0000:06:00.0", "1002:1478", "60400", "pcieport");
  tree_.function("0000:07:00.0", "1002:1479", "60400", "pcieport");
  tree_.function("0000:08:00.0", "1002:73FF", "30000");
  const std::string card = "[a]\naddress = 0000:08:00\nidentity = 1002:73ff";
  EXPECT_EQ(claimed(plan(card + "\n")), "0000:08:00.0 ");
  const Plan refused = plan(card + " 1002:1478 1002:1479\n");
  expect_refused(refused, "names bridges, which stay with the host: 1002:1478 1002:1479");
  EXPECT_NE(refused.refusals[0].remedy.find("remove 1002:1478 1002:1479 from"), std::string::npos);
  expect_refused(plan(card + " 1002:1478 1002:ffff\n"), "identity mismatch");
}

TEST_F(PlanTest, OtherDeviceAtAddressIsRefused) {
  const Plan refused = plan("[a]\naddress = 0000:03:00\nidentity = 10de:1b81\n");
  expect_refused(refused, "identity mismatch");
  EXPECT_TRUE(refused.refusals[0].remedy.starts_with("if the card has moved, correct its address"))
      << "two cards have this identity";
  const Plan moved = plan("[a]\naddress = 0000:03:00\nidentity = 1002:164e 1002:1640\n");
  expect_refused(moved, "1002:164e is at 0000:05:00.0");
  EXPECT_TRUE(moved.refusals[0].remedy.starts_with(
      "if the card has moved, set 'address = 0000:05:00' in /etc/vfio-early.conf:2; "))
      << moved.refusals[0].remedy;
}

// The remedy names functions that exist, and its section is accepted.
TEST_F(PlanTest, SlotWithoutACardHasARemedyThatWorks) {
  tree_.function("10000:e1:00.0", "8086:0B60", "10802", "nvme");
  const Plan one = plan("[a]\naddress = 10000:e1:00\n");
  expect_refused(one, "10000:e1:00.0 (8086:0b60, class 010802) is not part of a graphics card");
  EXPECT_EQ(one.refusals[0].remedy, "select it by its own address: 'address = 10000:e1:00.0'");
  EXPECT_EQ(claimed(plan("[a]\naddress = 10000:e1:00.0\n")), "10000:e1:00.0 ");
  tree_.function("10000:e1:00.3", "8086:0B61", "10802", "nvme");
  EXPECT_EQ(plan("[a]\naddress = 10000:e1:00\n").refusals.at(0).remedy,
            "select functions by their own addresses: "
            "'address = 10000:e1:00.0 10000:e1:00.3' claims all of this slot");
  EXPECT_EQ(claimed(plan("[a]\naddress = 10000:e1:00.0 10000:e1:00.3\n")),
            "10000:e1:00.0 10000:e1:00.3 ");
}

TEST_F(PlanTest, SlotWithOtherDevicesNeedsSelection) {
  const Plan refused = plan("[a]\naddress = 0000:05:00\n");
  expect_refused(refused, "0000:05:00.2 (1022:1649, class 108000)");
  EXPECT_EQ(refused.refusals[0].remedy, "to claim only the card, add 'functions = 0 1'");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:05:00\nfunctions = 0 1\n")),
            "0000:05:00.0 0000:05:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:05:00\nidentity = 1002:164e 1002:1640\n")),
            "0000:05:00.0 0000:05:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:05:00\nfunctions = all\n")),
            "0000:05:00.0 0000:05:00.1 0000:05:00.2 ");
  expect_refused(plan("[a]\naddress = 0000:05:00\nfunctions = 0 4\n"),
                 "no PCI function 0000:05:00.4 found");
}

TEST_F(PlanTest, StorageIsClaimedOnlyIfNamedItself) {
  expect_refused(plan("[a]\naddress = 0000:03:00\nfunctions = all\n"), "storage or network");
  expect_refused(plan("[a]\naddress = 0000:03:00\nfunctions = 0\n"), "storage or network");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:03:00.0\n")), "0000:03:00.0 ");
  EXPECT_EQ(claimed(plan("[a]\nid = 144d:a808\n")), "0000:03:00.0 ");
}

TEST_F(PlanTest, BridgesAreRefused) {
  expect_refused(plan("[a]\naddress = 0000:00:01.0\n"), "is a bridge");
}

TEST_F(PlanTest, ClassSelectsCardsNotFunctions) {
  EXPECT_EQ(claimed(plan("[a]\nclass = 0300\nindex = 1\n")), "0000:02:00.0 0000:02:00.1 ");
  expect_refused(plan("[a]\nclass = 03\n"), "class 03 matches 3 functions");
  expect_refused(plan("[a]\nclass = 0108\nfunctions = all\n"), "storage or network");
  expect_refused(plan("[a]\nclass = 0b\n"), "no PCI function that matches class 0b found");
}

TEST_F(PlanTest, PathSelectsAFunctionOrAllBelowAPort) {
  tree_.below("pci0000:00", "0000:00:01.0");
  tree_.below("pci0000:00/0000:00:01.0", "0000:01:00.0");
  tree_.below("pci0000:00/0000:00:01.0", "0000:01:00.1");
  EXPECT_EQ(claimed(plan("[a]\npath = 0000:00/01.0\n")), "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\npath = 0000:00/01.0/00.1\n")), "0000:01:00.1 ");
  expect_refused(plan("[a]\npath = 0000:00/02.0\n"), "no PCI function at 0000:00/02.0 found");
}

// Graphics and audio behind two ports of a switch, as on cards with their own bridge.
TEST_F(PlanTest, CardBehindItsOwnBridgeIsOneCard) {
  const std::string card = "pci0000:00/0000:00:03.0/0000:06:00.0";
  tree_.function("0000:06:00.0", "8086:4FA0", "60400", "pcieport");
  tree_.below("pci0000:00/0000:00:03.0", "0000:06:00.0");
  tree_.function("0000:08:00.0", "8086:56A0", "30000");
  tree_.below(card + "/0000:07:01.0", "0000:08:00.0");
  tree_.function("0000:09:00.0", "8086:4F90", "40300");
  tree_.below(card + "/0000:07:04.0", "0000:09:00.0");
  EXPECT_EQ(claimed(plan("[a]\npath = 0000:00/03.0\n")), "0000:08:00.0 0000:09:00.0 ");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:08:00 0000:09:00\n")), "0000:08:00.0 0000:09:00.0 ");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:03:00\non-moved = follow\n"
                         "identity = 8086:56a0 8086:4f90\n")),
            "0000:08:00.0 0000:09:00.0 ");
}

TEST_F(PlanTest, DomainsAreDistinguished) {
  tree_.function("10000:01:00.0", "10DE:1B81", "30000");
  EXPECT_EQ(claimed(plan("[a]\naddress = 10000:01:00\n")), "10000:01:00.0 ");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:01:00.0\n")), "0000:01:00.0 ");
}

TEST_F(PlanTest, FollowsUniqueMovedIdentity) {
  const std::string there = "\nidentity = 10de:1b81:1043:8599 10de:10f0:1043:8599\n";
  const Plan followed = plan("[a]\naddress = 0000:09:00\non-moved = follow" + there);
  EXPECT_EQ(claimed(followed), "0000:02:00.0 0000:02:00.1 ");
  EXPECT_TRUE(followed.complete());
  ASSERT_EQ(followed.warnings.size(), 1u);
  EXPECT_NE(followed.warnings[0].what.find("claimed at 0000:02:00.0"), std::string::npos);
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:03:00\non-moved = follow" + there)),
            "0000:02:00.0 0000:02:00.1 ");
  expect_refused(plan("[a]\naddress = 0000:09:00" + there), "is at 0000:02:00.0");
}

TEST_F(PlanTest, DoesNotFollowAmbiguousOrMissingIdentity) {
  expect_refused(plan("[a]\naddress = 0000:09:00\non-moved = follow\nidentity = 10de:1b81\n"),
                 "is at 0000:01:00.0 and at 0000:02:00.0, so it cannot be followed");
  expect_refused(plan("[a]\naddress = 0000:09:00\non-moved = follow\nidentity = 10de:ffff\n"),
                 "no PCI function 0000:09:00 found");
  expect_refused(plan("[a]\naddress = 0000:09:00\non-moved = follow\nidentity = 144d:a808\n"),
                 "storage or network");
}

// Two identical cards: only the serial number distinguishes them.
TEST_F(PlanTest, SerialNumberVerifiesAndSelects) {
  std::string space(0x1000, '\0');
  space[0x100] = 3, space[0x102] = 1, space[0x104] = 5;
  tree_.file("/sys/bus/pci/devices/0000:02:00.0/config", space);
  const std::string five = "00-00-00-00-00-00-00-05", six = "00-00-00-00-00-00-00-06";
  EXPECT_EQ(claimed(plan("[a]\nserial = " + five + "\n")), "0000:02:00.0 0000:02:00.1 ");
  expect_refused(plan("[a]\nserial = " + six + "\n"), "with the serial number " + six);
  const std::string ids = "identity = 10de:1b81 10de:10f0 ";
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:02:00\n" + ids + five + "\n")),
            "0000:02:00.0 0000:02:00.1 ");
  expect_refused(plan("[a]\naddress = 0000:02:00\n" + ids + six + "\n"), "(serial " + five + ")");
  expect_refused(plan("[a]\naddress = 0000:01:00\n" + ids + five + "\n"),
                 "no readable serial number");
  EXPECT_EQ(claimed(plan("[a]\naddress = 0000:01:00\non-moved = follow\n" + ids + five + "\n")),
            "0000:02:00.0 0000:02:00.1 ");
}

TEST_F(PlanTest, FunctionOfTwoCardsIsRefused) {
  const Plan both =
      plan("[a]\naddress = 0000:01:00\n[b]\naddress = 0000:01:00.1\n[c]\naddress = 0000:02:00\n");
  EXPECT_EQ(claimed(both), "0000:02:00.0 0000:02:00.1 ");
  ASSERT_EQ(both.refusals.size(), 2u);
  EXPECT_EQ(both.refusals[0].why, "0000:01:00.1 is claimed by both [a] and [b]");
}

TEST_F(PlanTest, WithoutAnIommuNothingIsClaimed) {
  FakeTree bare;
  bare.function("0000:01:00.0", "10DE:1B81", "30000");
  Plan refused = plan_for(bare, "[a]\naddress = 0000:01:00\n");
  expect_refused(refused, "no IOMMU is active");
  EXPECT_NE(refused.refusals[0].remedy.find("firmware setup"), std::string::npos);

  bare.file("/proc/cmdline", "quiet intel_iommu=off\n");
  refused = plan_for(bare, "[a]\naddress = 0000:01:00\n");
  EXPECT_EQ(refused.refusals[0].remedy, "remove intel_iommu=off from the kernel command line");

  bare.file("/proc/cmdline", "quiet intel_iommu=sm_on,on\n");
  refused = plan_for(bare, "[a]\naddress = 0000:01:00\n");
  EXPECT_EQ(refused.refusals[0].remedy.find("intel_iommu=on"), std::string::npos);
}

TEST_F(PlanTest, RescueSwitchClaimsNothingAndSucceeds) {
  tree_.file("/proc/cmdline", "quiet vfio_early=off\n");
  const Plan off = plan("[a]\naddress = 0000:01:00\n");
  EXPECT_EQ(claimed(off), "");
  EXPECT_TRUE(off.switched_off);
  EXPECT_TRUE(off.complete());
}

}  // namespace
}  // namespace plan
