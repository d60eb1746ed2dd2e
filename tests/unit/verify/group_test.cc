// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

Finding isolation_with(const host::PciFunction& other) {
  Inspection machine = healthy();
  machine.groups[0].members.push_back(other);
  return only_finding(findings_of("group.isolated", machine));
}

host::PciFunction xhci(const std::string& driver) {
  return pci_function("0000:01:00.2", {0x10de, 0x1ad6, 0, 0}, 0x0c0330, driver);
}

host::PciFunction bridge(const std::string& driver) {
  return pci_function("0000:00:01.0", {0x8086, 0x1901, 0, 0}, 0x060400, driver);
}

TEST(GroupIsolated, NamesEveryMember) {
  const Finding finding = only_finding(findings_of("group.isolated", healthy()));
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(has_text(finding.evidence, "0000:01:00.0 10de:1b81 class 030000 driver vfio-pci"));
  EXPECT_TRUE(has_text(finding.evidence, "0000:01:00.1 10de:10f0 class 040300 driver vfio-pci"));
}

// A group of a chipset without ACS may have dozens of members.
TEST(GroupIsolated, LargeGroupIsCut) {
  Inspection machine = healthy();
  for (int i = 0; i < 8; ++i) {
    machine.groups[0].members.push_back(bridge("pcieport"));
    machine.groups[0].members.back().address.function = static_cast<uint8_t>(i);
  }
  Finding finding = only_finding(findings_of("group.isolated", machine));
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(has_text(finding.evidence, "group 4: 0000:01:00.0 10de:1b81")) << finding.evidence;
  EXPECT_TRUE(finding.evidence.ends_with(" and 4 more")) << finding.evidence;
  machine.groups[0].members.push_back(xhci("xhci_hcd"));
  finding = only_finding(findings_of("group.isolated", machine));
  EXPECT_TRUE(has_text(finding.evidence, "group 4: 0000:01:00.2 ")) << finding.evidence;
}

TEST(GroupIsolated, AHostDriverOnAnotherEndpointFails) {
  const Finding finding = isolation_with(xhci("xhci_hcd"));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "The host uses 0000:01:00.2 (xhci_hcd)"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "/etc/vfio-early.conf")) << finding.remedy;
  EXPECT_TRUE(finding.remedy.str().ends_with("\n  dracut --force --regenerate-all"))
      << finding.remedy;
}

TEST(GroupIsolated, AnotherEndpointWithoutAHostDriverWarns) {
  EXPECT_EQ(isolation_with(xhci("")).status, Status::kWarn);
}

// 'allow' accepts only the named function, and not a driver that makes the group not viable.
TEST(GroupIsolated, AllowedEndpointPasses) {
  Inspection machine = healthy();
  machine.groups[0].members.push_back(xhci(""));
  auto& allowed = machine.functions[0].allowed_peers;
  allowed = {*host::PciAddress::parse("0000:01:00.3")};
  EXPECT_EQ(only_finding(findings_of("group.isolated", machine)).status, Status::kWarn);
  allowed.push_back(*host::PciAddress::parse("0000:01:00.2"));
  const Finding finding = only_finding(findings_of("group.isolated", machine));
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(has_text(finding.evidence, "'allow' accepts 0000:01:00.2")) << finding.evidence;
  machine.groups[0].members.back().driver = "xhci_hcd";
  EXPECT_EQ(only_finding(findings_of("group.isolated", machine)).status, Status::kFail);
}

// They keep a function for a guest: no host driver uses it.
TEST(GroupIsolated, DriverForGuestsIsNotAHostDriver) {
  for (const char* driver : {"vfio-pci", "mlx5_vfio_pci", "xe-vfio-pci", "pci-stub"})
    EXPECT_EQ(isolation_with(xhci(driver)).status, Status::kPass) << driver;
  EXPECT_EQ(isolation_with(xhci("mlx5_core")).status, Status::kFail);
}

TEST(GroupIsolated, BridgeOnPortDriverPasses) {
  EXPECT_EQ(isolation_with(bridge("pcieport")).status, Status::kPass);
  EXPECT_EQ(isolation_with(bridge("")).status, Status::kPass);
  EXPECT_EQ(isolation_with(bridge("shpchp")).status, Status::kWarn);
}

TEST(GroupIsolated, CardOfAnotherSectionPasses) {
  Inspection machine = healthy();
  machine.groups[0].members.push_back(xhci("vfio-pci"));
  machine.assigned_functions.push_back(xhci("").address);
  EXPECT_EQ(only_finding(findings_of("group.isolated", machine)).status, Status::kPass);
}

TEST(GroupIsolated, UnreadableGroupIsUnknown) {
  Inspection machine = healthy();
  machine.groups[0].unreadable = host::Error{EACCES, "list /sys/kernel/iommu_groups/4/devices"};
  EXPECT_EQ(only_finding(findings_of("group.isolated", machine)).status, Status::kUnknown);
}

TEST(GroupViable, MatchesTheGroupStatus) {
  EXPECT_EQ(only_finding(findings_of("group.viable", healthy())).status, Status::kPass);

  Inspection machine = with_attachment(Step::kGetStatus, 0, false);
  machine.groups[0].members[1].driver = "snd_hda_intel";
  const Finding finding = only_finding(findings_of("group.viable", machine));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "0000:01:00.1 (snd_hda_intel)")) << finding.evidence;

  EXPECT_EQ(
      only_finding(findings_of("group.viable", with_attachment(Step::kOpenGroup, EBUSY))).status,
      Status::kUnknown);
  EXPECT_EQ(only_finding(findings_of("group.viable", with_attachment(Step::kNotTried, 0))).status,
            Status::kSkip);
}

}  // namespace
}  // namespace verify
