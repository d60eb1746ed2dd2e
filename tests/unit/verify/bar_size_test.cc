// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card's BARs: their addresses and sizes.
#include "tests/unit/verify/hardware.h"

namespace verify {
namespace {

class Bars : public Hardware {};

TEST_F(Bars, AssignedBarsPass) {
  const Finding finding = finding_of("bar.size");
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "BAR 0 16 MiB, BAR 1 256 MiB, BAR 5 128 bytes");
}

TEST_F(Bars, UnassignedBarFails) {
  log("pci 0000:01:00.0: BAR 3 [mem size 0x200000000 64bit pref]: failed to assign");
  const Finding finding = finding_of("bar.size");
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "found no room for BAR 3")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "Above 4G Decoding")) << finding.remedy;
  // The kernel found room later.
  log("pci 0000:01:00.0: BAR 3 [mem 0x4000000000-0x41ffffffff 64bit pref]: assigned");
  EXPECT_EQ(finding_of("bar.size").status, Status::kPass);
}

// A missing BAR has no size either, and only the log distinguishes it from one without room.
TEST_F(Bars, OverwrittenLogIsUnknown) {
  Inspection machine = inspected();
  machine.kernel_log->front().sequence = 812;
  const Finding finding = findings_of("bar.size", machine).front();
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "BAR 1 256 MiB")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.evidence, "does not reach back to its start")) << finding.evidence;
}

TEST_F(Bars, FailureOfOtherFunctionIsIgnored) {
  log("pci 0000:01:00.1: BAR 3 [mem size 0x200000000 64bit pref]: failed to assign");
  EXPECT_EQ(finding_of("bar.size").status, Status::kPass);
}

TEST_F(Bars, ZeroAddressFails) {
  std::string resource = kResource;
  resource.replace(0, 37, "0x0000000000000000 0x0000000000ffffff");
  set(kVga, "resource", resource);
  EXPECT_EQ(finding_of("bar.size").status, Status::kFail);
}

// One from 64 MiB to 8 GiB, now 256 MiB; and one of 2 MiB, which is its largest size.
TEST_F(Bars, BarBelowItsLargestSizeWarns) {
  vga({.resizable = {{0x0003fc00, 0x841}, {0x00000020, 0x102}}});
  const Finding finding = finding_of("bar.resizable");
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence,
                       "BAR 1 is 256 MiB and could be 8 GiB; BAR 2 is 2 MiB, its largest"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "bar-size = 1:8G to [gaming] in /etc/vfio-early.conf"))
      << finding.remedy;
}

TEST_F(Bars, BarOfLargestSizePasses) {
  vga({.resizable = {{0x0003fc00, 0xd21}}});
  const Finding finding = finding_of("bar.resizable");
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "BAR 1 is 8 GiB, its largest size");
  vga({});
  EXPECT_EQ(finding_of("bar.resizable").evidence, "its BARs cannot be resized");
}

TEST_F(Bars, InvalidCapabilityIsIgnored) {
  vga({.resizable = {{UINT32_MAX, UINT32_MAX}, {0, 0xffffff07}}});
  EXPECT_EQ(finding_of("bar.resizable").evidence, "its BARs cannot be resized");
}

}  // namespace
}  // namespace verify
