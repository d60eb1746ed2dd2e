// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the kernel resets a card, and which other functions a reset of its bus also resets.
#include "tests/unit/verify/hardware.h"

namespace verify {
namespace {

constexpr uint32_t kFlr = 1u << 28;

class Reset : public Hardware {};

constexpr const char* kWithBus =
    "it can be reset only with its bus, which also resets 0000:01:00.1";

TEST_F(Reset, FlrOfferedByKernelPasses) {
  set(kVga, "reset_method", "flr bus\n");
  const Finding finding = finding_of("reset.method");
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "it can be reset alone, by flr");
}

// The kernel finds function 0, and determines the reset of its bus, before the other functions
// exist.
TEST_F(Reset, BusResetIncludesOtherFunctions) {
  set(kVga, "reset_method", "bus\n");
  EXPECT_EQ(finding_of("reset.method").evidence, kWithBus);
}

// Most graphics cards: a single function cannot be reset, but the whole bus belongs to the card.
TEST_F(Reset, BusOfOnlyThisCardPasses) {
  const Finding finding = finding_of("reset.method");
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, kWithBus);
}

// For a function that --live opened, VFIO's list is used instead of the tree.
TEST_F(Reset, VfioListOverridesSysfs) {
  const auto finding_with_vfio_list = [&](const std::vector<std::string>& addresses) {
    Inspection machine = inspected();
    LiveTrial trial = {.address = kVga};
    for (const std::string& address : addresses)
      trial.bus_reset_functions.push_back(*host::PciAddress::parse(address));
    machine.live = {trial};
    return findings_of("reset.method", machine).front();
  };
  EXPECT_EQ(finding_with_vfio_list({kVga, kAudio}).evidence,
            std::string(kWithBus) + ", according to VFIO");
  tree.function("0000:02:00.0", "8086:A102", "10601", "ahci");
  const Finding finding = finding_with_vfio_list({kVga, kAudio, "0000:02:00.0"});
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "also resets 0000:02:00.0 (ahci)")) << finding.evidence;
  EXPECT_EQ(finding.remedy, "move the card to a slot where it is alone") << "not the host's disk";
}

// The method that failed need not be the one that sysfs has now.
TEST_F(Reset, FailedResetIsTheWholeEvidence) {
  Inspection machine = inspected();
  const char* line = "vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up";
  machine.kernel_log = log_of({"Linux version 6.12.0", line});
  Finding finding = findings_of("reset.method", machine).front();
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(finding.evidence.starts_with("the kernel says \"vfio-pci")) << finding.evidence;
  EXPECT_FALSE(has_text(finding.remedy, "reset-method")) << "it has no other: " << finding.remedy;
  machine.functions[0].hardware.reset.names = {"flr", "bus"};
  finding = findings_of("reset.method", machine).front();
  EXPECT_TRUE(has_text(finding.remedy, "set a different reset-method for [gaming]"))
      << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "the card has flr and bus")) << finding.remedy;
}

TEST_F(Reset, BusWithOtherDevicesWarns) {
  tree.function("0000:01:00.2", "10DE:1ADA", "C0330", "xhci_hcd");
  tree.below("pci0000:00/0000:00:01.0", "0000:01:00.2");
  tree.file("/etc/vfio-early.conf",
            "[gaming]\naddress = 0000:01:00.0 0000:01:00.1\nonly-display = allow\n");
  const Finding finding = finding_of("reset.method");
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "also resets 0000:01:00.2 (xhci_hcd)"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "functions of [gaming]")) << finding.remedy;
  EXPECT_FALSE(has_text(finding.remedy, "move")) << "it is a function of the card";
}

// No slot is free of an APU's other devices.
TEST_F(Reset, DevicesOfTheHostInTheSlotStay) {
  tree.function("0000:01:00.4", "1022:15B9", "C0330", "xhci_hcd");
  tree.below("pci0000:00/0000:00:01.0", "0000:01:00.4");
  tree.file("/etc/vfio-early.conf",
            "[gaming]\naddress = 0000:01:00.0 0000:01:00.1\nonly-display = allow\n");
  const Finding finding = finding_of("reset.method");
  EXPECT_TRUE(has_text(finding.evidence, "0000:01:00.4 (xhci_hcd)")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "power-cycle the machine")) << finding.remedy;
  EXPECT_FALSE(has_text(finding.remedy, "move the card")) << finding.remedy;
  EXPECT_FALSE(has_text(finding.remedy, "give these")) << finding.remedy;
}

TEST_F(Reset, NoResetOnRootBusFails) {
  tree.function("0000:00:02.0", "8086:9BC5", "30000", "vfio-pci");
  tree.below("pci0000:00", "0000:00:02.0");
  tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:00:02.0\nonly-display = allow\n");
  EXPECT_EQ(finding_of("reset.method").status, Status::kUnknown) << "the tree has no data of it";
  set("0000:00:02.0", "resource", "0xa0000000 0xa0ffffff 0x40200\n");
  Finding finding = finding_of("reset.method");
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "has no method to reset it")) << finding.evidence;
  set("0000:00:02.0", "reset_method", "af_flr\n");
  EXPECT_EQ(finding_of("reset.method").status, Status::kPass);
}

// Before 5.15 only the file `reset` shows that the function can be reset.
TEST_F(Reset, OldKernelMethodsComeFromCapabilities) {
  const auto names = [&](const Config& of_vga) {
    vga(of_vga);
    return finding_of("reset.method").evidence;
  };
  set(kVga, "reset", "");
  const std::string derived = " (according to its capabilities)";
  EXPECT_EQ(names({.device_capabilities = kFlr}), "it can be reset alone, by flr" + derived);
  EXPECT_EQ(names({.power_control = 0}), "it can be reset alone, by pm" + derived);
  EXPECT_EQ(names({.power_control = 8}), kWithBus);  // No_Soft_Reset
  EXPECT_EQ(names({.advanced = 3}), "it can be reset alone, by af_flr" + derived);
  EXPECT_EQ(names({.advanced = 1}), kWithBus);
}

TEST_F(Reset, FamilyWithResetBugWarns) {
  tree.function("0000:02:00.0", "1002:67DF", "30000", "vfio-pci");
  tree.function("0000:02:00.1", "1002:AAF0", "40300", "vfio-pci");
  tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:02:00\nonly-display = allow\n");
  const Findings findings = findings_of("reset.method", inspected());
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].status, Status::kWarn);
  EXPECT_TRUE(has_text(findings[0].evidence, "AMD Polaris 10 cards are known to hang"));
  EXPECT_TRUE(has_text(findings[0].remedy, "add to [gaming] in /etc/vfio-early.conf"))
      << findings[0].remedy;
  EXPECT_TRUE(has_text(findings[0].remedy, "modules = vendor-reset")) << findings[0].remedy;
  EXPECT_EQ(findings[0].remedy, findings[1].remedy) << "one remedy for the card";
  set("0000:02:00.0", "reset_method", "device_specific bus\n");
  for (const Finding& finding : findings_of("reset.method", inspected()))
    EXPECT_EQ(finding.status, Status::kPass) << finding.subject;
}

// The section's methods were set at the bind; another program changed them.
TEST(ResetMethod, ThatDiffersFromTheSectionWarns) {
  Inspection machine = healthy();
  auto& names = machine.functions[0].hardware.reset.names;
  record::FunctionRecord& recorded = machine.record->functions.at(0);
  recorded.class_code = 0x030000;
  names = {"device_specific", "bus"};
  recorded.handling.reset_method = "device_specific  bus";
  EXPECT_EQ(findings_of("reset.method", machine).front().status, Status::kPass);
  names = {"flr", "bus"};
  const Finding finding = findings_of("reset.method", machine).front();
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_EQ(finding.evidence,
            "[gaming] sets 'reset-method = device_specific bus', but the kernel uses: flr bus");
  recorded.handling.reset_method.clear();
  EXPECT_EQ(findings_of("reset.method", machine).front().status, Status::kPass);
}

}  // namespace
}  // namespace verify
