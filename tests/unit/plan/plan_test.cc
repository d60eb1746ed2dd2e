// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan.h"

#include "tests/unit/fake_tree.h"
#include "tests/unit/smbios.h"

namespace plan {
namespace {

Plan plan_for(const FakeTree& tree, std::string_view text) {
  config::Configuration configuration;
  config::parse_configuration(text, "/etc/vfio-early.conf", configuration);
  return make_plan(configuration, *host::read_machine(tree.root(), details_for(configuration)));
}

std::string claimed(const Plan& plan) {
  std::string addresses;
  for (const Claim& claim : plan.claims) addresses += claim.function.address.str() + " ";
  return addresses;
}

void expect_refused(const Plan& plan, const std::string& words) {
  EXPECT_EQ(claimed(plan), "");
  ASSERT_EQ(plan.refusals.size(), 1u);
  EXPECT_NE(plan.refusals[0].why.find(words), std::string::npos) << plan.refusals[0].why;
  EXPECT_FALSE(plan.refusals[0].remedy.empty());
}

// Two identical cards with audio, and an APU whose slot contains more than graphics.
class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    tree_.iommu();
    tree_.function("0000:00:01.0", "8086:1901", "60400", "pcieport");
    tree_.function("0000:01:00.0", "10DE:1B81", "30000", "", "1458:3702");
    tree_.function("0000:01:00.1", "10DE:10F0", "40300", "", "1458:3702");
    tree_.function("0000:02:00.0", "10DE:1B81", "30000", "", "1043:8599");
    tree_.function("0000:02:00.1", "10DE:10F0", "40300", "", "1043:8599");
    tree_.function("0000:03:00.0", "144D:A808", "10802", "nvme");
    tree_.function("0000:05:00.0", "1002:164E", "30000");
    tree_.function("0000:05:00.1", "1002:1640", "40300");
    tree_.function("0000:05:00.2", "1022:1649", "108000");
  }

  Plan plan(std::string_view text) const { return plan_for(tree_, text); }

  FakeTree tree_;
};

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

// The firmware names the port of one slot, and the device in another.
class SlotTest : public PlanTest {
 protected:
  SlotTest() {
    tree_.below("pci0000:00", "0000:00:01.0");
    for (const char* function : {"0000:01:00.0", "0000:01:00.1"})
      tree_.below("pci0000:00/0000:00:01.0", function);
    tree_.file("/sys/firmware/dmi/tables/DMI",
               smbios::slot("PCIEX16_1", "0000:00:01.0") +
                   smbios::slot("PCIEX16_2", "0000:02:00.0") + smbios::slot("PCIEX1_1", "") +
                   smbios::slot("TWICE", "0000:01:00.0") + smbios::slot("TWICE", "0000:02:00.0"));
    tree_.file("/sys/bus/pci/slots/7/address", "0000:02:00\n");
    tree_.file("/sys/bus/pci/slots/PCIEX16_1/address", "0000:01:00\n");  // the same slot
  }
};

TEST_F(SlotTest, LabelSelectsTheCardInTheSlot) {
  EXPECT_EQ(claimed(plan("[a]\nslot = PCIEX16_1\n")), "0000:01:00.0 0000:01:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\nslot = \"pciex16_2\"\n")), "0000:02:00.0 0000:02:00.1 ");
  EXPECT_EQ(claimed(plan("[a]\nslot = 7\nfunctions = 0\n")), "0000:02:00.0 ");
}

TEST_F(SlotTest, UnknownLabelListsTheSlots) {
  const Plan refused = plan("[a]\nslot = PCIEX16_3\n");
  expect_refused(refused,
                 "no slot 'PCIEX16_3' found; the slots of this machine are: PCIEX16_1 "
                 "(0000:00:01.0), PCIEX16_2 (0000:02:00.0), PCIEX1_1, TWICE");
  EXPECT_NE(refused.refusals[0].why.find("and 1 more"), std::string::npos);
  EXPECT_TRUE(refused.refusals[0].remedy.starts_with("correct 'slot'"));
}

TEST_F(SlotTest, AmbiguousLabelIsRefused) {
  expect_refused(plan("[a]\nslot = twice\n"),
                 "more than one slot is called 'twice': 0000:01:00.0, 0000:02:00.0");
  expect_refused(plan("[a]\nslot = PCIEX1_1\n"),
                 "the firmware does not name the PCI address of slot 'PCIEX1_1'");
}

// A different card in the slot, a disk, or nothing.
TEST_F(SlotTest, OtherDeviceInSlotIsRefused) {
  expect_refused(plan("[a]\nslot = PCIEX16_2\nidentity = 1002:164e\n"), "identity mismatch");
  tree_.file("/sys/firmware/dmi/tables/DMI",
             smbios::slot("M2_1", "0000:03:00.0") + smbios::slot("EMPTY", "0000:09:00.0"));
  expect_refused(plan("[a]\nslot = M2_1\n"), "not part of a graphics card");
  expect_refused(plan("[a]\nslot = M2_1\nfunctions = all\n"), "storage or network");
  expect_refused(plan("[a]\nslot = EMPTY\n"), "no PCI function in slot 'EMPTY' (0000:09:00.0)");
}

TEST_F(SlotTest, UnreadableTableIsNamed) {
  std::filesystem::remove(tree_.directory() / "sys/firmware/dmi/tables/DMI");
  std::filesystem::create_directories(tree_.directory() / "sys/firmware/dmi/tables/DMI");
  const Plan refused = plan("[a]\nslot = PCIEX16_2\n");
  expect_refused(refused, "no slot 'PCIEX16_2' found: read /sys/firmware/dmi/tables/DMI");
  EXPECT_TRUE(refused.refusals[0].remedy.starts_with("run as root"));
  EXPECT_EQ(claimed(plan("[a]\nslot = PCIEX16_1\n")), "0000:01:00.0 0000:01:00.1 ");
}

// A baseboard: GPUs and an NVSwitch below ports of one switch; one port has nothing below it.
class UnitTest : public PlanTest {
 protected:
  UnitTest() {
    add("pci0000:00", "0000:00:02.0", "1000:C030", "60400");
    const std::string root = "pci0000:00/0000:00:02.0";
    for (const char* port : {"0000:10:00.0", "0000:10:01.0", "0000:10:02.0", "0000:10:03.0"})
      add(root, port, "1000:C030", "60400");
    add(root + "/0000:10:00.0", "0000:11:00.0", "10DE:2330", "30200");
    add(root + "/0000:10:01.0", "0000:12:00.0", "10DE:2330", "30200");
    add(root + "/0000:10:02.0", "0000:13:00.0", "10DE:22A3", "68000");
  }

  void add(const std::string& parent, const std::string& address, const std::string& id,
           const std::string& class_code) {
    tree_.function(address, id, class_code);
    tree_.below(parent, address);
  }

  static constexpr const char* kBoard =
      "[b]\npath = 0000:00/02.0\nidentity = 10de:2330 10de:22a3\n";
  static constexpr const char* kAll = "0000:11:00.0 0000:12:00.0 0000:13:00.0 ";
};

TEST_F(UnitTest, IsClaimedAsOneCard) {
  const Plan all = plan(std::string(kBoard) + "expect = 3\n");
  EXPECT_EQ(claimed(all), kAll);
  EXPECT_TRUE(all.complete());
  EXPECT_EQ(all.claims[2].card, "b");
  EXPECT_EQ(claimed(plan("[b]\naddress = 0000:11:00 0000:12:00 0000:13:00.0\nexpect = 3\n")), kAll);
}

// The others are claimed, and the refusal says what is missing.
TEST_F(UnitTest, MissingDeviceIsNamed) {
  const Plan four = plan(std::string(kBoard) + "expect = 4\n");
  EXPECT_EQ(claimed(four), kAll);
  EXPECT_FALSE(four.complete());
  ASSERT_EQ(four.refusals.size(), 1u);
  EXPECT_FALSE(four.refusals[0].awaited);
  EXPECT_EQ(four.refusals[0].why, "only 3 of 4 devices found: no device is below 0000:10:03.0");
  const Plan listed = plan(
      "[b]\naddress = 0000:11:00 0000:03:00 0000:13:00.0 0000:14:00\nexpect = 4\n"
      "identity = 10de:2330 10de:22a3\n");
  EXPECT_EQ(claimed(listed), "0000:11:00.0 0000:13:00.0 ");
  ASSERT_EQ(listed.refusals.size(), 1u);
  EXPECT_EQ(listed.refusals[0].why,
            "only 2 of 4 devices found: 0000:03:00 is 144d:a808, 0000:14:00 is not found");
}

TEST_F(UnitTest, SurplusOrNothingIsRefused) {
  expect_refused(plan(std::string(kBoard) + "expect = 2\n"),
                 "selects 3 devices, but 'expect' is 2");
  expect_refused(plan("[b]\naddress = 0000:14:00 0000:15:00\nexpect = 2\n"), "no PCI function");
  expect_refused(plan("[b]\naddress = 0000:11:00 0000:14:00\n"), "no PCI function 0000:14:00");
}

TEST_F(UnitTest, ExpectationsCountWhatIsClaimed) {
  config::Configuration configuration;
  config::parse_configuration(std::string(kBoard) +
                                  "expect = 4\n[g]\nid = 10de:1b81\ncount = 3\n"
                                  "[n]\naddress = 0000:14:00\nexpect = 1\n"
                                  "[all]\nid = 1002:164e\ncount = all\nfunctions = 0\n",
                              "/etc/vfio-early.conf", configuration);
  const Plan made =
      make_plan(configuration, *host::read_machine(tree_.root(), details_for(configuration)));
  std::string text;
  for (const Expectation& each : expectations(configuration, made))
    text += each.section + " " + std::to_string(each.claimed) + "/" +
            std::to_string(each.expected) + " ";
  EXPECT_EQ(text, "b 3/4 g 2/3 n 0/1 ");
}

}  // namespace
}  // namespace plan
