// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each way to name a card selects the intended card, and an ambiguous name selects none. Without
// systemd, which makes the boot faster and makes no difference here.
#include "tests/lab/lab.h"

namespace {

using lab::Kind;

// Three identical cards, an APU, a network card, and a card whose audio function is behind its own
// bridge.
const std::vector<lab::Card> kCards = {{},
                                       {},
                                       {},
                                       {.kind = Kind::kApu},
                                       {.kind = Kind::kNetwork},
                                       {.upstream = lab::Upstream::kSwitch}};

class CardSelection : public lab::BootTest {};

TEST_P(CardSelection, FindsCardByEverySelector) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(),
       .cards = kCards,
       .arguments = "vfio_early.claim=\"0000:03:00,identity=1234:1111 8086:2668\""},
      {.configuration = "[second]\nid = 1234:1111\nindex = 1\n"
                        "[apu]\naddress = 0000:04:00\nfunctions = 0 1\n"
                        "[network]\nserial = 52-54-00-ff-ff-00-00-05\n"
                        "[bridged]\npath = 0000:00/06.0\nidentity = 1234:1111 8086:2668\n",
       .systemd = false},
      {{"plan", "vfio-early plan"}});
  for (const char* card : {"0000:02:00", "0000:03:00", "0000:04:00.0", "0000:04:00.1", "0000:05:00",
                           "0000:08:00", "0000:09:00"})
    EXPECT_TRUE(seen.claimed(card));
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  for (const char* other : {"0000:01:00", "0000:04:00.2", "0000:04:00.3"})
    EXPECT_TRUE(seen.untouched(other));
  const lab::Answer plan = seen.answer("plan");
  EXPECT_EQ(plan.exit, 0) << plan.err;
  EXPECT_NE(plan.out.find("Displays that stay with the host: 0000:01:00.0 (bochs-drm)."),
            std::string::npos)
      << plan.out;
}

TEST_P(CardSelection, RefusesUnclearSelectors) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = kCards, .arguments = "vfio_early.claim=0000:77:00"},
                {.configuration = "[second]\nid = 1234:1111\n"
                                  "[apu]\naddress = 0000:04:00\n"
                                  "[network]\nserial = 52-54-00-ff-ff-00-00-06\n"
                                  "[bridged]\npath = 0000:00/1f.7\n"
                                  "[other]\naddress = 0000:05:00\nfunctions = all\n",
                 .systemd = false});
  EXPECT_TRUE(seen.logged("second", "matches 5 functions", "index = N"));
  EXPECT_TRUE(seen.logged("apu", "0000:04:00.2", "not part of a graphics card"));
  EXPECT_TRUE(seen.logged("network", "serial number 52-54-00-ff-ff-00-00-06", "Remedy"));
  EXPECT_TRUE(seen.logged("bridged", "0000:00/1f.7", "Remedy"));
  EXPECT_TRUE(seen.logged("other", "storage or network", "Remedy"));
  EXPECT_TRUE(seen.logged("kernel command line", "0000:77:00", "Remedy"));
  for (const lab::Function& function : seen.report().functions)
    EXPECT_TRUE(seen.untouched(function.address));
}

// The firmware names the port of a slot, or the device in it. The kernel has hot-plug slots, too:
// in QEMU's ACPI tables all have the number 0, so the first is "0", the second "0-2".
const std::vector<lab::SlotLabel> kLabels = {{"PCIEX16_1", "0000:00:03.0"},
                                             {"PCIEX16_2", "0000:02:00.0"}};

TEST_P(CardSelection, SlotLabelSelectsCard) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{}, {}, {}, {}}, .slot_labels = kLabels},
                {.configuration = "[port]\nslot = \"PCIEX16_1\"\nidentity = 1234:1111 8086:2668\n"
                                  "[device]\nslot = pciex16_2\n"
                                  "[number]\nslot = 0\n",
                 .systemd = false},
                {{"slots", "grep . -r /sys/bus/pci/slots"}});
  for (const char* card : {"0000:01:00", "0000:02:00", "0000:03:00"})
    EXPECT_TRUE(seen.claimed(card)) << seen.answer("slots").out;
  EXPECT_TRUE(seen.left_to_host("0000:04:00"));
}

TEST_P(CardSelection, UnknownSlotLabelIsRefused) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .slot_labels = kLabels},
                {.configuration = "[a]\nslot = PCIEX16_3\n[b]\nslot = 0\nidentity = 8086:10d3\n",
                 .systemd = false});
  EXPECT_TRUE(seen.logged("a:", "no slot 'PCIEX16_3' found", "PCIEX16_1 (0000:00:03.0)", "Remedy"));
  EXPECT_TRUE(seen.logged("b:", "identity mismatch at 0000:01:00.0"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
}

// Four cards of one kind; the audio function of the fourth is dead.
const std::vector<lab::Card> kFour = {{}, {}, {}, {.kind = Kind::kDisplay}};
constexpr const char* kGpus = "[gpus]\nid = 1234:1111\nidentity = 1234:1111 8086:2668\n";

TEST_P(CardSelection, DeadCardOfFourCostsOnlyItself) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = kFour},
                {.configuration = std::string(kGpus) + "count = 4\n", .systemd = false},
                {{"plan", "vfio-early plan"}, {"verify", "vfio-verify --format json"}});
  for (const char* card : {"0000:01:00", "0000:02:00", "0000:03:00"})
    EXPECT_TRUE(seen.claimed(card));
  EXPECT_TRUE(seen.left_to_host("0000:04:00"));
  EXPECT_TRUE(seen.logged("gpus@0000:04:00", "identity mismatch", "Remedy"));
  EXPECT_FALSE(seen.logged("gpus@0000:03:00", "identity mismatch"));
  const lab::Answer plan = seen.answer("plan");
  EXPECT_EQ(plan.exit, 1) << plan.out;
  EXPECT_NE(plan.out.find("[gpus@0000:04:00] is not claimed"), std::string::npos) << plan.out;
  EXPECT_EQ(seen.finding("verify", "bind.driver", "0000:03:00.0").value("status", ""), "pass");
  EXPECT_EQ(seen.finding("verify", "bind.driver", "0000:04:00.0").value("status", ""), "skip");
  const auto expected = seen.finding("verify", "bind.expected", "host");
  EXPECT_EQ(expected.value("status", ""), "fail") << expected.dump();
  EXPECT_NE(expected.value("evidence", "").find("gpus@0000:04:00"), std::string::npos)
      << expected.dump();
}

TEST_P(CardSelection, MissingCardOfFiveIsReported) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = kFour},
                {.configuration = "[gpus]\nid = 1234:1111\ncount = 5\nonly-display = allow\n",
                 .systemd = false});
  for (const char* card : {"0000:01:00", "0000:02:00", "0000:03:00", "0000:04:00"})
    EXPECT_TRUE(seen.claimed(card));
  EXPECT_TRUE(seen.logged("gpus", "only 4 of 5 cards that match 1234:1111 found", "Remedy"));
}

TEST_P(CardSelection, CardsOfOneKindNeedCount) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = kFour}, {.configuration = kGpus, .systemd = false});
  EXPECT_TRUE(seen.logged("gpus", "matches 4 functions", "count = all"));
  for (const lab::Function& function : seen.report().functions)
    EXPECT_TRUE(seen.untouched(function.address));
}

// A unit of three devices, of which one is missing; the fourth card is the host's display.
const std::vector<lab::Card> kBoard = {{}, {.kind = Kind::kEdu}, {.kind = Kind::kDisplay}};
constexpr const char* kUnit =
    "[board]\naddress = 0000:01:00 0000:02:00.0 0000:09:00\nidentity = 1234:1111 8086:2668 "
    "1234:11e8\n";

TEST_P(CardSelection, MissingDeviceOfUnitIsNamed) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = kBoard},
                {.configuration = std::string(kUnit) + "expect = 3\n", .systemd = false},
                {{"verify", "vfio-verify --format json"}});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.claimed("0000:02:00.0"));
  EXPECT_TRUE(seen.left_to_host("0000:03:00"));
  EXPECT_TRUE(
      seen.logged("board", "only 2 of 3 devices found", "0000:09:00 is not found", "Remedy"));
  const auto finding = seen.finding("verify", "bind.expected", "host");
  EXPECT_EQ(finding.value("status", ""), "fail") << finding.dump();
  EXPECT_NE(finding.value("evidence", "").find("0000:09:00"), std::string::npos) << finding.dump();
}

TEST_P(CardSelection, WithoutExpectNothingOfAnIncompleteUnitIsClaimed) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = kBoard}, {.configuration = kUnit, .systemd = false});
  EXPECT_TRUE(seen.logged("board", "no PCI function 0000:09:00 found"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
}

// The configured address 01:00 now belongs to a network card, and the card has moved to 02:00.
const std::vector<lab::Card> kMoved = {{.kind = Kind::kNetwork}, {}, {.kind = Kind::kDisplay}};
constexpr const char* kOldAddress =
    "[gaming]\naddress = 0000:01:00\nidentity = 1234:1111 8086:2668\n";

TEST_P(CardSelection, FollowsMovedCard) {
  const lab::Boot seen = lab::boot(
      {.kernel = kernel(), .cards = kMoved},
      {.configuration = std::string(kOldAddress) + "on-moved = follow\n", .systemd = false});
  EXPECT_TRUE(seen.claimed("0000:02:00"));
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.logged("gaming", "claimed at 0000:02:00.0 0000:02:00.1", "Remedy"));
}

TEST_P(CardSelection, DoesNotTouchCardAtOldAddress) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .cards = kMoved},
                                   {.configuration = kOldAddress, .systemd = false});
  EXPECT_TRUE(seen.untouched("0000:01:00"));
  EXPECT_TRUE(seen.left_to_host("0000:02:00"));
  EXPECT_TRUE(seen.logged("identity mismatch", "8086:10d3", "1234:1111 is at 0000:02:00.0"));
}

ON_KERNELS(CardSelection, "6.12");

}  // namespace
