// SPDX-License-Identifier: GPL-2.0-or-later
//
// What adopt and release write, and when they write nothing. Only a guest can show that the kernel
// acts on it: tests/boot.
#include "early/adopt.h"

#include "early/gate.h"
#include "early/planned_machine.h"
#include "early/release.h"
#include "early/rescue.h"
#include "plan/intent.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/without_system_call.h"

namespace early {
namespace {

using record::State;

class AdoptTest : public testing::Test {
 protected:
  AdoptTest() {
    tree_.iommu();
    tree_.function(kCard, "1234:1111", "38000");
    tree_.function(kIdenticalCard, "1234:1111", "38000");  // the host's
    tree_.file("/dev/kmsg", "").file("/run/x", "");
    tree_.file("/proc/sys/kernel/random/boot_id", "one\n");
    configure("address = 0000:01:00\n");
  }

  void configure(const std::string& lines) {
    tree_.file(config::kConfigurationFile, "[a]\n" + lines);
  }

  record::Record run_gate() {
    auto [machine, configuration, plan] = *plan_machine(
        tree_.root(), config::read_configuration(tree_.root(), config::kConfigurationFile));
    const record::Rescue rescue = decide_by_flag(tree_.root(), configuration, machine, plan);
    auto record = plan::intended_record(plan, configuration, machine);
    record.rescue = rescue;
    gate(tree_.root(), record);
    return record;
  }

  // True: it had nothing to do, or it succeeded. On a fake tree no driver ever binds.
  bool run_adopt(const std::string& address, Event event = Event::kAppeared) {
    testing::internal::CaptureStderr();
    const bool done =
        adopt(tree_.root(), config::kConfigurationFile, *host::PciAddress::parse(address), event);
    message_ = testing::internal::GetCapturedStderr();
    return done;
  }

  // The state after a removal and a rescan.
  void reset_override(const std::string& address) { tree_.file(override_of(address), "(null)\n"); }
  static std::string override_of(const std::string& address) {
    return "/sys/bus/pci/devices/" + address + "/driver_override";
  }
  bool reserved(const std::string& address) const {
    return tree_.text(override_of(address)).starts_with("vfio-pci");
  }

  static constexpr const char* kCard = "0000:01:00.0";
  static constexpr const char* kIdenticalCard = "0000:02:00.0";
  FakeTree tree_;
  std::string message_;
};

TEST_F(AdoptTest, ColdPlugWithoutGateClaimsNothing) {
  EXPECT_TRUE(run_adopt(kCard, Event::kColdPlug));
  EXPECT_FALSE(reserved(kCard));
  EXPECT_FALSE(tree_.root().exists("/run/vfio-early/record.json"));
  run_adopt(kCard, Event::kAppeared);  // the same card, plugged in
  EXPECT_TRUE(reserved(kCard));
}

// The card appears for the first time. A cold plug event also adopts it: the card may have appeared
// between the gate and udev's trigger.
TEST_F(AdoptTest, CardThatWasAwayIsReserved) {
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kCard);
  tree_.function("0000:00:01.0", "8086:1901", "60400", "pcieport");
  tree_.file("/sys/bus/pci/devices/0000:00:01.0/secondary_bus_number", "1\n");
  tree_.file("/sys/bus/pci/slots/1/address", "0000:01:00\n");
  for (const auto& [lines, event] : {std::pair{"address = 0000:01:00\n", Event::kAppeared},
                                     {"address = 0000:01:00\n", Event::kColdPlug},
                                     {"id = 10de:1b81\n", Event::kAppeared}}) {
    configure(lines);
    const record::Record record = run_gate();
    ASSERT_EQ(record.refusals.size(), 1u) << lines;
    EXPECT_TRUE(record.refusals[0].awaited) << lines;
    EXPECT_TRUE(record.reserved() && record.complete() && record.awaits_card()) << lines;
    tree_.function(kCard, "10DE:1B81", "30000");
    run_adopt(kCard, event);
    EXPECT_TRUE(reserved(kCard)) << lines;
    EXPECT_FALSE(record::read_record(tree_.root())->awaits_card()) << lines;
    std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kCard);
    std::filesystem::remove(tree_.directory() / "run/vfio-early/record.json");
  }
}

// Without an empty port nothing says that the card is away, and a card that appears later with the
// same id may be the host's.
TEST_F(AdoptTest, MissingIdIsNotAdopted) {
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kCard);
  configure("id = 10de:1b81\n");
  EXPECT_FALSE(run_gate().awaits_card());
  tree_.function(kCard, "10DE:1B81", "30000");
  run_adopt(kCard);
  EXPECT_FALSE(reserved(kCard));
}

// The udev rule runs it in the sandbox of systemd-udevd.service.
TEST_F(AdoptTest, ReturningCardIsReservedUnderUdev) {
  tree_.below("pci0000:00/0000:00:01.0", kCard);  // reached through a link, as in sysfs
  run_gate();
  reset_override(kCard);
  without_openat2([&] { run_adopt(kCard); });
  EXPECT_TRUE(reserved(kCard));
}

// The card was claimed at boot: if a loaded driver binds before udevd reacts, the remedy must not
// be to rebuild the initramfs.
TEST_F(AdoptTest, ReturnedCardOnHostDriverNeedsReboot) {
  auto record = run_gate();
  record.functions[0].state = State::kBound;
  ASSERT_TRUE(record::write_record(tree_.root(), record));
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kCard);
  tree_.function(kCard, "1234:1111", "38000", "bochs-drm");
  EXPECT_FALSE(run_adopt(kCard));
  EXPECT_NE(message_.find("returned to the bus"), std::string::npos) << message_;
  EXPECT_NE(message_.find("reboot: vfio-early then claims it"), std::string::npos) << message_;
  EXPECT_EQ(message_.find("rebuild the initramfs"), std::string::npos) << message_;
  EXPECT_TRUE(record::read_record(tree_.root())->functions[0].reappeared);
  const auto claimed = run_gate().functions[0];  // as with `vfio-early claim`
  EXPECT_EQ(claimed.remedy.find("rebuild the initramfs"), std::string::npos) << claimed.remedy;

  // A card that vfio-early has never claimed.
  tree_.function(kIdenticalCard, "1234:1111", "38000", "bochs-drm");
  configure("address = 0000:01:00\n[b]\naddress = 0000:02:00\nonly-display = allow\n");
  EXPECT_FALSE(run_adopt(kIdenticalCard));
  EXPECT_NE(message_.find("rebuild the initramfs"), std::string::npos) << message_;
}

TEST_F(AdoptTest, UnreadableFilesAreReported) {
  run_gate();
  reset_override(kCard);
  tree_.file("/run/vfio-early/record.json", "damaged");
  run_adopt(kCard);
  EXPECT_TRUE(reserved(kCard));  // the configuration still names it
  EXPECT_NE(message_.find("record"), std::string::npos) << message_;

  std::filesystem::remove(tree_.directory() / "etc/vfio-early.conf");
  std::filesystem::create_directory(tree_.directory() / "etc/vfio-early.conf");
  EXPECT_FALSE(run_adopt(kCard));
  EXPECT_NE(message_.find("/etc/vfio-early.conf: Is a directory"), std::string::npos) << message_;
}

TEST_F(AdoptTest, ColdPlugSkipsFunctionsSeenByGate) {
  run_gate();
  reset_override(kCard);
  EXPECT_TRUE(run_adopt(kCard, Event::kColdPlug));
  EXPECT_FALSE(reserved(kCard));
}

// A function that appears after the gate and before udevd starts: only cold plug announces it.
TEST_F(AdoptTest, ColdPlugAdoptsFunctionMissedByGate) {
  constexpr const char* kAudio = "0000:01:00.1";
  auto record = run_gate();
  record.functions[0].state = State::kBound;
  ASSERT_TRUE(record.complete());
  ASSERT_TRUE(record::write_record(tree_.root(), record));
  tree_.function(kAudio, "8086:2668", "40300");
  EXPECT_TRUE(run_adopt(kIdenticalCard, Event::kColdPlug));
  EXPECT_FALSE(reserved(kIdenticalCard));
  run_adopt(kAudio, Event::kColdPlug);
  EXPECT_TRUE(reserved(kAudio));
}

// The configuration has changed since the image was made, and udevd triggers every function: a
// refusal is reported once, not for each function.
TEST_F(AdoptTest, NewRefusalIsReportedOncePerBoot) {
  configure("address = 0000:05:00\n");
  run_gate();
  configure("address = 0000:05:00\n[b]\naddress = 0000:01:00\nidentity = 10de:1b81\n");
  int reported = 0;
  for (const char* address : {kIdenticalCard, kCard, kIdenticalCard}) {
    EXPECT_TRUE(run_adopt(address, Event::kColdPlug));
    reported += message_.find("identity mismatch") != std::string::npos;
  }
  EXPECT_EQ(reported, 1);
}

// The claimed card has left the bus, so "the first of this kind" is now the host's card.
TEST_F(AdoptTest, IndexDoesNotSelectRemainingCard) {
  configure("id = 1234:1111\nindex = 0\nonly-display = allow\n");
  run_gate();
  ASSERT_TRUE(reserved(kCard));
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kCard);
  EXPECT_TRUE(run_adopt(kIdenticalCard));
  EXPECT_FALSE(reserved(kIdenticalCard));
  tree_.function(kCard, "1234:1111", "38000");
  run_adopt(kCard);
  EXPECT_TRUE(reserved(kCard));
}

// All cards of the kind are for guests, also one that appears later; then none is missing.
TEST_F(AdoptTest, LateCardOfCountIsReserved) {
  for (const char* count : {"all", "2"}) {
    std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kCard);
    std::filesystem::remove(tree_.directory() / "run/vfio-early/record.json");
    reset_override(kIdenticalCard);
    configure(std::string("id = 1234:1111\nonly-display = allow\ncount = ") + count + "\n");
    EXPECT_EQ(run_gate().refusals.size(), count == std::string("2") ? 1u : 0u);
    EXPECT_TRUE(reserved(kIdenticalCard));
    tree_.function(kCard, "1234:1111", "38000");
    run_adopt(kCard);
    EXPECT_TRUE(reserved(kCard)) << count;
    const auto record = record::read_record(tree_.root());
    ASSERT_TRUE(record);
    EXPECT_EQ(record->functions.back().card, "a@0000:01:00");
    EXPECT_TRUE(record->refusals.empty()) << record->refusals[0].why;
  }
}

// A third card of the kind: which two are meant is not known.
TEST_F(AdoptTest, SurplusCardOfCountIsNotAdopted) {
  configure("id = 1234:1111\nonly-display = allow\ncount = 2\n");
  run_gate();
  ASSERT_TRUE(reserved(kIdenticalCard));
  tree_.function("0000:03:00.0", "1234:1111", "38000");
  EXPECT_TRUE(run_adopt("0000:03:00.0"));
  EXPECT_FALSE(reserved("0000:03:00.0"));
  EXPECT_NE(message_.find("matches 3 cards, but 'count' is 2"), std::string::npos) << message_;
}

TEST_F(AdoptTest, FollowDoesNotSelectIdenticalCard) {
  configure(
      "address = 0000:01:00\nidentity = 1234:1111\non-moved = follow\n"
      "only-display = allow\n");
  run_gate();
  ASSERT_TRUE(reserved(kCard));
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kCard);
  EXPECT_TRUE(run_adopt(kIdenticalCard));
  EXPECT_FALSE(reserved(kIdenticalCard));
}

TEST_F(AdoptTest, ReplacedCardFailsIdentityCheck) {
  configure("address = 0000:01:00\nidentity = 1234:1111\n");
  run_gate();
  tree_.function(kCard, "8086:10D3", "20000");  // a network card in its slot
  EXPECT_TRUE(run_adopt(kCard));
  EXPECT_FALSE(reserved(kCard));
  EXPECT_NE(message_.find("8086:10d3"), std::string::npos) << message_;
}

TEST_F(AdoptTest, ReleasedCardIsNotAdopted) {
  tree_.file("/sys/bus/pci/drivers_probe", "");
  auto record = run_gate();
  ASSERT_EQ(release(tree_.root(), record, {.what = "a"}), Release::kDone);
  reset_override(kCard);
  EXPECT_TRUE(run_adopt(kCard));
  EXPECT_FALSE(reserved(kCard));
}

// A boot that leaves an armed card to the host also does so when the card appears late.
TEST_F(AdoptTest, DeadManRescueAppliesToLateCards) {
  constexpr const char* kFlag =
      "/sys/firmware/efi/efivars/VfioEarlyBootFlag-a2088ef7-7e43-40fd-8d34-2b1bc8f24ad7";
  tree_.file("/sys/firmware/efi/efivars/x", "");
  configure("address = 0000:01:00\nhealthy-when = boot\n");
  std::filesystem::rename(tree_.directory() / "sys/bus/pci/devices" / kCard,
                          tree_.directory() / "unplugged");
  run_gate();
  std::filesystem::rename(tree_.directory() / "unplugged",
                          tree_.directory() / "sys/bus/pci/devices" / kCard);
  run_adopt(kCard);
  EXPECT_TRUE(reserved(kCard));
  EXPECT_NE(tree_.text(kFlag).find("pending"), std::string::npos);

  // The boot did not become healthy; this is the next boot.
  tree_.file("/proc/sys/kernel/random/boot_id", "two\n");
  reset_override(kCard);
  std::filesystem::remove_all(tree_.directory() / "run/vfio-early");
  run_gate();
  EXPECT_FALSE(reserved(kCard));
  run_adopt(kCard);
  EXPECT_FALSE(reserved(kCard));

  // Also if the flag cannot be read again, as in the sandbox of udevd.
  std::filesystem::remove_all(tree_.directory() / "sys/firmware/efi/efivars");
  for (const Event event : {Event::kColdPlug, Event::kAppeared}) run_adopt(kCard, event);
  EXPECT_FALSE(reserved(kCard));
  EXPECT_TRUE(record::read_record(tree_.root())->rescue.skips);
}

// A healthy boot stays healthy: function 0 is announced before function 1 exists, which changes the
// claims of the card, and no later step would mark the boot again.
TEST_F(AdoptTest, ReturnedCardKeepsHealthyMark) {
  constexpr const char* kFlag =
      "/sys/firmware/efi/efivars/VfioEarlyBootFlag-a2088ef7-7e43-40fd-8d34-2b1bc8f24ad7";
  tree_.file("/sys/firmware/efi/efivars/x", "");
  tree_.function("0000:01:00.1", "8086:2668", "40300");
  configure("address = 0000:01:00\nhealthy-when = boot\n");
  auto record = run_gate();
  for (auto& function : record.functions) function.state = State::kBound;
  write_decided_flag(tree_.root(), record);
  ASSERT_TRUE(mark_flag(tree_.root(), record.rescue.flag, record::Mark::kHealthy));
  const std::string healthy = tree_.text(kFlag);
  ASSERT_NE(healthy.find("healthy"), std::string::npos);

  for (const char* address : {kCard, "0000:01:00.1"})
    std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / address);
  tree_.function(kCard, "1234:1111", "38000");
  run_adopt(kCard);
  EXPECT_TRUE(reserved(kCard));
  EXPECT_EQ(tree_.text(kFlag), healthy);
  tree_.function("0000:01:00.1", "8086:2668", "40300");
  run_adopt("0000:01:00.1");
  EXPECT_TRUE(reserved("0000:01:00.1"));
  EXPECT_EQ(tree_.text(kFlag), healthy);
}

// One of two functions cannot be unbound from vfio-pci: neither is released.
TEST_F(AdoptTest, ReleaseIsAllOrNothing) {
  tree_.function("0000:01:00.1", "8086:2668", "40300");
  tree_.file("/sys/bus/pci/drivers_probe", "");
  auto record = run_gate();
  for (auto& function : record.functions) function.state = State::kBound;
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:01:00.1");
  tree_.function("0000:01:00.1", "8086:2668", "40300", "vfio-pci");  // nothing there to unbind it
  tree_.file(override_of("0000:01:00.1"), "vfio-pci\n");
  EXPECT_EQ(release(tree_.root(), record, {.what = "a"}), Release::kNotAll);
  EXPECT_TRUE(reserved(kCard));
  EXPECT_TRUE(reserved("0000:01:00.1"));
  EXPECT_EQ(tree_.text("/sys/bus/pci/drivers_probe"), "");
  const auto saved = record::read_record(tree_.root());
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->functions[0].state, State::kReserved);
  EXPECT_EQ(saved->functions[1].state, State::kBound);
}

// The name of the section releases each of its cards alone: one that a guest keeps costs only
// itself.
TEST_F(AdoptTest, SectionWithCountIsReleasedCardByCard) {
  configure("id = 1234:1111\nonly-display = allow\ncount = all\n");
  tree_.file("/sys/bus/pci/drivers_probe", "");
  auto record = run_gate();
  for (auto& function : record.functions) function.state = State::kBound;
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kCard);
  tree_.function(kCard, "1234:1111", "38000", "vfio-pci");  // nothing there to unbind it
  tree_.file(override_of(kCard), "vfio-pci\n");
  EXPECT_EQ(release(tree_.root(), record, {.what = "a"}), Release::kNotAll);
  EXPECT_TRUE(reserved(kCard));
  EXPECT_FALSE(reserved(kIdenticalCard));
  EXPECT_EQ(release(tree_.root(), record, {.what = "b"}), Release::kUnknown);
}

// A function that was given to the host stays so in the record if the others are not released.
TEST_F(AdoptTest, FailedReleaseKeepsReleasedStates) {
  tree_.function("0000:01:00.1", "8086:2668", "40300", "vfio-pci");  // nothing there to unbind it
  auto record = run_gate();
  for (const State given : {State::kReturned, State::kReleased}) {
    record.functions[0].state = given;
    record.functions[1].state = State::kBound;
    for (auto& function : record.functions) function.override_ns = 1;
    EXPECT_EQ(release(tree_.root(), record, {.what = "a"}), Release::kNotAll);
    const auto saved = record::read_record(tree_.root());
    ASSERT_TRUE(saved);
    EXPECT_EQ(saved->functions[0].state, given);
    EXPECT_EQ(saved->functions[1].state, State::kBound);
  }
}

}  // namespace
}  // namespace early
