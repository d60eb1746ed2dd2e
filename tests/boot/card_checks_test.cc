// SPDX-License-Identifier: GPL-2.0-or-later
//
// What vfio-verify reports about a card in a running kernel: its resets, its option ROM and its
// link. A card that sleeps must not be woken.
#include "tests/lab/lab.h"

namespace {

using lab::Kind;

constexpr const char* kNet = "0000:01:00.0";
constexpr const char* kDisplay = "0000:02:00.0";

std::string in_sysfs(const std::string& address, const std::string& file) {
  return "/sys/bus/pci/devices/" + address + "/" + file;
}

class CardChecks : public lab::BootTest {
 protected:
  static testing::AssertionResult finding_is(const lab::Boot& seen, const std::string& question,
                                             const std::string& id, const std::string& subject,
                                             const std::string& status, const std::string& words) {
    const nlohmann::json finding = seen.finding(question, id, subject);
    if (finding.value("status", "") == status &&
        finding.value("evidence", "").find(words) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << id << ": " << finding.dump() << " is not " << status << " with '" << words << "'\n"
           << seen.answer(question).err;
  }
};

// virtio-net-pci: function level reset, power management, a ROM for BIOS and UEFI, on a narrow
// port. bochs-display: none of these. The third card stays with the host.
TEST_P(CardChecks, DoNotWakeSuspendedCard) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(),
                 .cards = {{.kind = Kind::kVirtio, .port_options = "x-width=4,x-speed=8"},
                           {.kind = Kind::kDisplay, .options = "romfile="},
                           {}}},
                {.configuration = "[net]\naddress = 0000:01:00.0\n[gaming]\naddress = 0000:02:00\n",
                 .systemd = false},
                {{"asleep", "vfio-verify --format json"},
                 {"still", "cat " + in_sysfs(kNet, "power_state")},
                 {"wake", "sh -c 'echo on > " + in_sysfs(kNet, "power/control") + "'"},
                 {"awake", "vfio-verify --format json"},
                 // Root has not enabled the ROM, and vfio-verify has disabled it again.
                 {"rom", "cat " + in_sysfs(kNet, "rom")}});
  EXPECT_TRUE(seen.claimed(kNet));

  EXPECT_TRUE(finding_is(seen, "asleep", "power.state", kNet, "pass", "D3hot: it sleeps"));
  EXPECT_TRUE(
      finding_is(seen, "asleep", "rom.readable", kNet, "unknown", "it sleeps, and is not woken"));
  // The ROM is at worst a warning; everything else passes.
  EXPECT_EQ(seen.answer("asleep").exit, 0) << seen.answer("asleep").out;
  EXPECT_EQ(seen.answer("still").out, "D3hot\n");

  EXPECT_TRUE(finding_is(seen, "awake", "power.answers", kNet, "pass", "it answers"));
  EXPECT_TRUE(finding_is(seen, "awake", "power.state", kNet, "pass", "D0: awake"));
  EXPECT_TRUE(finding_is(seen, "awake", "reset.method", kNet, "pass", "alone, by flr, pm, bus"));
  EXPECT_TRUE(
      finding_is(seen, "awake", "link.width", kNet, "pass", "x1 of x1 between 0000:00:01.0 (x4)"));
  EXPECT_TRUE(finding_is(seen, "awake", "link.speed", kNet, "pass", "0000:00:01.0 (8 GT/s)"));
  EXPECT_TRUE(finding_is(seen, "awake", "bar.size", kNet, "pass", "BAR 4 16 KiB"));
  EXPECT_TRUE(finding_is(seen, "awake", "rom.readable", kNet, "pass", "256 KiB"));
  EXPECT_TRUE(finding_is(seen, "awake", "rom.valid", kNet, "pass", "BIOS, "));
  EXPECT_TRUE(finding_is(seen, "awake", "rom.uefi", kNet, "pass", "x64"));
  EXPECT_NE(seen.answer("rom").exit, 0) << "it was left switched on";

  EXPECT_TRUE(finding_is(seen, "awake", "reset.method", kDisplay, "pass", "alone, by bus"));
  EXPECT_TRUE(finding_is(seen, "awake", "bar.size", kDisplay, "pass", "BAR 0 16 MiB, BAR 2 4 KiB"));
  EXPECT_TRUE(finding_is(seen, "awake", "bar.resizable", kDisplay, "pass", "cannot be resized"));
  EXPECT_TRUE(finding_is(seen, "awake", "rom.readable", kDisplay, "warn", "it has no option ROM"));
  EXPECT_EQ(seen.answer("awake").exit, 0) << seen.answer("awake").out;
}

ON_KERNELS(CardChecks, "6.1");

// The boot display; and one function of a card, whose other function would also be reset.
class BootDisplay : public CardChecks {};

TEST_P(BootDisplay, HasRomCopyAndSharedReset) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{.kind = Kind::kVga}, {}}},
                {.configuration = "[gaming]\naddress = 0000:01:00.0\n", .systemd = false},
                {{"json", "vfio-verify --format json"},
                 {"reset", "sh -c 'echo 1 > " + in_sysfs("0000:01:00.0", "reset") + "'"}});
  EXPECT_TRUE(finding_is(seen, "json", "rom.readable", "0000:01:00.0", "warn",
                         "this was the boot display"));
  EXPECT_TRUE(finding_is(seen, "json", "rom.valid", "0000:01:00.0", "pass", "BIOS, "));
  EXPECT_TRUE(
      finding_is(seen, "json", "rom.uefi", "0000:01:00.0", "warn", "it has no UEFI driver"));
  EXPECT_TRUE(finding_is(seen, "json", "reset.method", "0000:01:00.0", "warn",
                         "also resets 0000:01:00.1 (snd_hda_intel)"));
  // reset_method contains "bus", but the kernel refuses the reset.
  EXPECT_NE(seen.answer("reset").exit, 0);
}

LONG_ON_STOCK_KERNELS(BootDisplay);

}  // namespace
