// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card's PCIe link: its width and speed.
#include "tests/unit/verify/hardware.h"

namespace verify {
namespace {

class Link : public Hardware {};

TEST_F(Link, FullWidthPasses) {
  const Finding width = finding_of("link.width");
  EXPECT_EQ(width.status, Status::kPass);
  EXPECT_EQ(width.evidence, "x16 of x16 between 0000:00:01.0 (x16) and 0000:01:00.0 (x16)");
  EXPECT_EQ(findings_of("link.width", inspected()).size(), 1u) << "one link for both functions";
}

TEST_F(Link, MissingLanesWarn) {
  vga({.current = {1, 4}});
  const Finding width = finding_of("link.width");
  EXPECT_EQ(width.status, Status::kWarn);
  EXPECT_TRUE(has_text(width.evidence, "lanes are missing: x4 of x16")) << width.evidence;
}

TEST_F(Link, NarrowSlotPasses) {
  vga({.current = {1, 4}});
  port({.type = PortType::kRootPort, .maximum = {4, 4}});
  const Finding width = finding_of("link.width");
  EXPECT_EQ(width.status, Status::kPass);
  EXPECT_TRUE(has_text(width.evidence, "the slot has fewer lanes than the card")) << width.evidence;
}

TEST_F(Link, SlowIdleLinkPasses) {
  const Finding speed = finding_of("link.speed");
  EXPECT_EQ(speed.status, Status::kPass);
  EXPECT_TRUE(has_text(speed.evidence, "2.5 GT/s of 16 GT/s between 0000:00:01.0 (16 GT/s)"));
  EXPECT_TRUE(has_text(speed.evidence, "while the card is idle")) << speed.evidence;
  vga({.current = {4, 16}});
  EXPECT_FALSE(has_text(finding_of("link.speed").evidence, "while the card is idle"));
}

TEST_F(Link, ConventionalPciHasNoLink) {
  set(kVga, "config",
      std::string("\xde\x10\x81\x1b\x06\0\0\0\xa1\0\0\x03", 12) + std::string(244, 0));
  EXPECT_EQ(finding_of("link.width").evidence, "it has no PCI Express link of its own");
}

// AMD's cards contain a switch: the link in the slot is the link of the switch.
TEST_F(Link, CardWithSwitchHasTheSwitchLink) {
  const auto add = [&](const std::string& parent, const std::string& address, const std::string& id,
                       const std::string& class_code, const Config& registers) {
    tree.function(address, id, class_code, class_code == "30000" ? "vfio-pci" : "pcieport");
    config(address, registers);
    tree.below(parent, address);
  };
  const std::string port = "pci0000:00/0000:00:02.0", above = port + "/0000:02:00.0";
  add("pci0000:00", "0000:00:02.0", "1022:1483", "60400", kPort);
  add(port, "0000:02:00.0", "1002:1478", "60400", {.type = PortType::kUpstream, .current = {4, 8}});
  add(above, "0000:03:00.0", "1002:1479", "60400", {.type = PortType::kDownstream});
  add(above + "/0000:03:00.0", "0000:04:00.0", "1002:73BF", "30000", {.current = {4, 16}});
  tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:04:00\nonly-display = allow\n");
  const Finding width = finding_of("link.width");
  EXPECT_EQ(width.status, Status::kWarn);
  EXPECT_TRUE(
      has_text(width.evidence, "x8 of x16 between 0000:00:02.0 (x16) and 0000:02:00.0 (x16)"))
      << width.evidence;
}

}  // namespace
}  // namespace verify
