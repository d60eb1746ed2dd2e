// SPDX-License-Identifier: GPL-2.0-or-later
//
// Groups computed from configuration space, on topologies whose groups were measured with real
// kernels (tests/boot/iommu_groups_test.cc), and the findings about them.
#include "tests/unit/verify/isolation_machine.h"
#include "verify/inspect/isolation/grouping.h"
#include "verify/inspect/isolation/workarounds.h"
#include "verify/inspect_machine.h"
#include "verify/list.h"

namespace verify {
namespace {

// Checks that the groups of the topology are those that are computed.
void expect_computed_groups(const Inspection& machine) {
  const auto grouping = isolation::compute_groups(machine.topology);
  const auto& nodes = machine.topology.nodes;
  for (size_t one = 0; one < nodes.size(); ++one)
    for (size_t other = 0; other < nodes.size(); ++other)
      EXPECT_EQ(grouping.group[one] == grouping.group[other],
                nodes[one].function.group == nodes[other].function.group)
          << nodes[one].name() << " " << nodes[other].name();
  EXPECT_EQ(finding(machine, "group.kernel").status, Status::kPass)
      << finding(machine, "group.kernel").evidence;
}

IsolationMachine card_in_root_port(const PortRegisters& port = kRootPort,
                                   const std::string& id = "1B36:000C") {
  IsolationMachine hardware;
  const bool alone = port.acs || id != "1B36:000C";
  hardware.add("0000:00:01.0", "", port, alone ? 1 : 4, id)
      .add("0000:01:00.0", "0000:00:01.0", kMultifunctionEndpoint, 4)
      .add("0000:01:00.1", "0000:00:01.0", kMultifunctionEndpoint, 4);
  return hardware;
}

TEST(Isolation, RootPortWithAcsHasOwnGroup) {
  auto hardware = card_in_root_port();
  const Inspection machine = hardware.inspected("0000:01:00", "quiet");
  expect_computed_groups(machine);
  const Finding path = finding(machine, "group.path");
  EXPECT_EQ(path.status, Status::kPass);
  EXPECT_EQ(path.evidence,
            "0000:00:01.0 (root port, ACS on). The functions share group 4 because "
            "0000:01:00.0 and 0000:01:00.1 are functions of one device without ACS between them");
  EXPECT_EQ(finding(machine, "group.hardware").evidence,
            "no function outside of group 4 can reach the card's memory without the IOMMU");
  EXPECT_EQ(finding(machine, "group.override").status, Status::kPass);
}

TEST(Isolation, RootPortWithoutAcsSharesGroup) {
  auto hardware = card_in_root_port(kRootPortWithoutAcs);
  const Inspection machine = hardware.inspected("0000:01:00");
  expect_computed_groups(machine);
  const Finding path = finding(machine, "group.path");
  EXPECT_EQ(path.status, Status::kPass);
  EXPECT_TRUE(has_text(path.evidence,
                       "0000:00:01.0 (root port, no ACS) may send requests directly to other "
                       "functions, without the IOMMU"))
      << path.evidence;
  const Finding hardware_finding = finding(machine, "group.hardware");
  EXPECT_EQ(hardware_finding.status, Status::kPass);
  EXPECT_TRUE(has_text(hardware_finding.evidence,
                       "without ACS, that all requests through 0000:00:01.0 are"))
      << hardware_finding.evidence;
}

// QEMU: two root ports as functions 3.0 and 3.1 of one device.
IsolationMachine two_ports(const PortRegisters& port, bool separate) {
  IsolationMachine hardware;
  hardware.add("0000:00:03.0", "", port, separate ? 1 : 4)
      .add("0000:00:03.1", "", port, separate ? 2 : 4)
      .add("0000:01:00.0", "0000:00:03.0", kEndpoint, separate ? 3 : 4)
      .add("0000:02:00.0", "0000:00:03.1", kEndpoint, 4)
      .add("0000:00:05.0", "", kRootPort, 5);
  return hardware;
}

TEST(Isolation, RootPortsOfOneDeviceNeedAcs) {
  PortRegisters port = kRootPort;
  port.multifunction = true;
  expect_computed_groups(two_ports(port, true).inspected("0000:02:00"));

  port.acs = kAllOff;
  const Inspection machine = two_ports(port, false).inspected("0000:02:00");
  expect_computed_groups(machine);
  const Finding path = finding(machine, "group.path");
  EXPECT_EQ(path.status, Status::kWarn);
  EXPECT_TRUE(has_text(
      path.evidence,
      "(root port, ACS off: source validation, request redirect, completion redirect, upstream forwarding)"))
      << path.evidence;
  EXPECT_EQ(path.remedy,
            "move the card to a slot that isolates it; empty slots are below 0000:00:05.0");
}

// QEMU: x3130-upstream with two xio3130-downstream.
IsolationMachine cards_below_switch(const PortRegisters& port, bool separate = true) {
  IsolationMachine hardware;
  hardware.add("0000:00:01.0", "", kRootPort, 1)
      .add("0000:01:00.0", "0000:00:01.0", kUpstream, 2)
      .add("0000:02:00.0", "0000:00:01.0/0000:01:00.0", port, separate ? 3 : 4)
      .add("0000:02:01.0", "0000:00:01.0/0000:01:00.0", port, separate ? 5 : 4)
      .add("0000:03:00.0", "0000:00:01.0/0000:01:00.0/0000:02:00.0", kEndpoint,
           !separate  ? 4
           : port.acs ? 6
                      : 3)
      .add("0000:04:00.0", "0000:00:01.0/0000:01:00.0/0000:02:01.0", kEndpoint,
           !separate  ? 4
           : port.acs ? 7
                      : 5);
  return hardware;
}

TEST(Isolation, SwitchWithoutAcsFailsHardwareCheck) {
  const Inspection machine = cards_below_switch(kDownstreamWithoutAcs).inspected("0000:03:00");
  expect_computed_groups(machine);
  const Finding hardware = finding(machine, "group.hardware");
  EXPECT_EQ(hardware.status, Status::kFail);
  EXPECT_TRUE(
      has_text(hardware.evidence, "0000:04:00.0 (vfio-pci) and the card can access each other"))
      << hardware.evidence;
  EXPECT_TRUE(has_text(hardware.evidence, "0000:02:00.0 (switch, downstream port, no ACS)"));
}

std::string listing_of(const IsolationMachine& hardware) {
  return listing_text(*list_machine(hardware.tree.root(), {}), /*colour=*/false);
}

TEST(Isolation, ListMarksGroupsWithoutIsolation) {
  const std::string open = listing_of(cards_below_switch(kDownstreamWithoutAcs));
  EXPECT_TRUE(has_text(open, "\n   3~       0000:03:00.0")) << open;
  EXPECT_TRUE(has_text(open, "\n   5~       0000:04:00.0")) << open;
  EXPECT_TRUE(has_text(open, "\n~: this group and others can access")) << open;
  EXPECT_FALSE(has_text(listing_of(cards_below_switch(kDownstream)), "~"));
  const std::string widened = listing_of(cards_below_switch(kDownstreamWithoutAcs, false));
  EXPECT_FALSE(has_text(widened, "~")) << "the kernel has them together: " << widened;
  IsolationMachine unreadable = cards_below_switch(kDownstreamWithoutAcs);
  unreadable.tree.iommu();
  std::filesystem::remove(unreadable.tree.directory() / "sys/bus/pci/devices/0000:02:00.0/config");
  EXPECT_TRUE(has_text(listing_of(unreadable),
                       "\nIt is unknown which groups can access each other without the IOMMU: "));
}

// A capture may be incomplete or forged.
TEST(Isolation, MissingOrDifferentBridgeIsUnknown) {
  const auto expect_unknown = [](IsolationMachine& hardware, const char* words) {
    const Inspection machine = hardware.inspected("0000:03:00");
    for (const char* id : {"group.kernel", "group.hardware"}) {
      EXPECT_EQ(finding(machine, id).status, Status::kUnknown) << words;
      EXPECT_TRUE(has_text(finding(machine, id).evidence, words)) << finding(machine, id).evidence;
    }
  };
  IsolationMachine missing = cards_below_switch(kDownstream);
  for (const auto& function :
       std::filesystem::directory_iterator(missing.tree.directory() / "sys/bus/pci/devices"))
    if (function.path().filename() == "0000:00:01.0") std::filesystem::remove_all(function);
  expect_unknown(missing, "is not among the machine's functions");

  IsolationMachine rubbish = cards_below_switch(kDownstream);
  rubbish.tree.file("/sys/bus/pci/devices/0000:03:00.0/config", std::string(4096, 'x'));
  expect_unknown(rubbish, "different vendor and device ids");
}

TEST(Isolation, SwitchWithAcsPasses) {
  const Inspection machine = cards_below_switch(kDownstream).inspected("0000:03:00");
  expect_computed_groups(machine);
  EXPECT_EQ(finding(machine, "group.hardware").status, Status::kPass);
}

TEST(Isolation, CardsOfSwitchMayShareGuest) {
  const Inspection machine =
      cards_below_switch(kDownstreamWithoutAcs).inspected("0000:03:00 0000:04:00");
  EXPECT_EQ(finding(machine, "group.hardware").status, Status::kPass);
}

TEST(Isolation, GroupOfWholeSwitchPasses) {
  const Inspection machine =
      cards_below_switch(kDownstreamWithoutAcs, false).inspected("0000:03:00");
  EXPECT_EQ(finding(machine, "group.kernel").status, Status::kPass)
      << finding(machine, "group.kernel").evidence;
  EXPECT_EQ(finding(machine, "group.hardware").status, Status::kPass);
}

TEST(Isolation, AConventionalBridgeHasOneRequesterId) {
  IsolationMachine hardware;
  hardware.add("0000:00:01.0", "", kRootPort, 1)
      .add("0000:01:00.0", "0000:00:01.0", {.type = PortType::kPcieToPci}, 4)
      .add("0000:02:01.0", "0000:00:01.0/0000:01:00.0", {}, 4)
      .add("0000:02:02.0", "0000:00:01.0/0000:01:00.0", {}, 4);
  const Inspection machine = hardware.inspected("0000:02:01");
  expect_computed_groups(machine);
  EXPECT_TRUE(has_text(
      finding(machine, "group.path").evidence,
      "all devices below 0000:01:00.0 (PCIe-to-PCI bridge, no ACS) have the same requester id"));
}

TEST(Isolation, AnIntelChipsetPortNeedsNoCapability) {
  const Inspection machine =
      card_in_root_port(kRootPortWithoutAcs, "8086:1E10").inspected("0000:01:00");
  expect_computed_groups(machine);
  EXPECT_TRUE(
      has_text(finding(machine, "group.path").evidence,
               "trusted by Linux without a standard ACS capability (Intel chipset root port)"));
}

// What the kernel logs when it has changed the chipset's registers, and when it failed to.
std::string path_evidence(const std::vector<host::LogLine>& log, const char* release) {
  Inspection machine = card_in_root_port(kRootPortWithoutAcs, "8086:1E10").inspected("0000:01:00");
  isolation::follow_kernel(machine.topology, log, release);
  return finding(machine, "group.path").evidence;
}

TEST(Isolation, IntelChipsetPortIsTrustedIfKernelReportsTheWorkaround) {
  constexpr const char* kTrusted = "trusted by Linux without";
  constexpr const char* kNotTrusted =
      "no ACS, and the kernel log does not say that Linux isolates it";
  constexpr const char* kEnabled = "pci 0000:00:01.0: Intel PCH root port ACS workaround enabled";
  EXPECT_TRUE(has_text(path_evidence(log_of({"Linux", kEnabled}), "5.9.0"), kTrusted));
  EXPECT_TRUE(has_text(path_evidence(log_of({"Linux"}), "6.12.0"), kNotTrusted));
  EXPECT_TRUE(has_text(
      path_evidence(
          log_of({"Linux", "pci 0000:00:1c.0: Intel PCH root port ACS workaround enabled"}),
          "6.12.0"),
      kNotTrusted))
      << "that is another port";
  // A log without its start proves nothing, except that the kernel failed. Linux 5.9 has a bug.
  auto late = log_of({"Linux"});
  late.front().sequence = 9;
  EXPECT_TRUE(has_text(path_evidence(late, "6.12.0"), kTrusted));
  EXPECT_TRUE(has_text(path_evidence({}, "5.8.18"), kTrusted));
  EXPECT_TRUE(has_text(path_evidence({}, "5.9.16"), kNotTrusted));
  late.front().text = "pci 0000:00:01.0: Failed to enable Intel PCH ACS quirk";
  EXPECT_TRUE(has_text(path_evidence(late, "6.12.0"), kNotTrusted));
}

// Two IDT switches report errors if they validate the source. Linux 7.0 does not let them.
TEST(Isolation, BrokenSourceValidationOfIdtSwitchIsNotRequired) {
  PortRegisters port{.type = PortType::kRootPort, .acs = 0x001c001d};
  const auto evidence = [&](const char* id, const std::vector<host::LogLine>& log,
                            const char* release) {
    Inspection machine = card_in_root_port(port, id).inspected("0000:01:00");
    isolation::follow_kernel(machine.topology, log, release);
    return finding(machine, "group.path").evidence;
  };
  constexpr const char* kIsolates =
      "ACS on: request redirect, completion redirect, upstream forwarding; not supported: source validation";
  const auto disabled = log_of({"pci 0000:00:01.0: Disabling broken ACS SV"});
  EXPECT_TRUE(has_text(evidence("111D:80B5", {}, "7.0.1"), kIsolates));
  EXPECT_TRUE(has_text(evidence("111D:8090", {}, "7.0.1"), kIsolates));
  EXPECT_TRUE(has_text(evidence("111D:80B5", disabled, "6.18.9"), kIsolates));
  EXPECT_TRUE(has_text(evidence("111D:80B5", {}, "6.18.9"), "off: source validation"));
  EXPECT_TRUE(has_text(evidence("111D:806A", {}, "7.0.1"), "off: source validation"));
}

TEST(Isolation, SunrisePointControlRegisterIsFound) {
  PortRegisters port{.type = PortType::kRootPort, .acs = kAllOff, .control_at_8 = 0x1d};
  const Inspection machine = card_in_root_port(port, "8086:A110").inspected("0000:01:00");
  expect_computed_groups(machine);
  EXPECT_TRUE(has_text(finding(machine, "group.path").evidence, "ACS on (Intel"))
      << finding(machine, "group.path").evidence;
}

// A chipset's functions 00:1f.x, with the card at 1f.6.
Inspection with_sibling(const PortRegisters& sibling) {
  IsolationMachine hardware;
  PortRegisters isolated = kMultifunctionEndpoint;
  isolated.acs = kAllOn;
  hardware.add("0000:00:1f.0", "", sibling, 1).add("0000:00:1f.6", "", isolated, 4);
  return hardware.inspected("0000:00:1f.6");
}

TEST(Isolation, SiblingWithoutIsolationIsReported) {
  PortRegisters off = kMultifunctionEndpoint;
  off.acs = kAllOff;
  EXPECT_EQ(finding(with_sibling(off), "group.hardware").status, Status::kFail);
  // Whether functions without the capability can reach each other is disputed.
  EXPECT_EQ(finding(with_sibling(kMultifunctionEndpoint), "group.hardware").status,
            Status::kUnknown);
  PortRegisters none_needed = kMultifunctionEndpoint;
  none_needed.acs = 0;
  EXPECT_EQ(finding(with_sibling(none_needed), "group.hardware").status, Status::kPass);
}

TEST(Isolation, AcsOverrideThatSplitsGroupFails) {
  PortRegisters port = kRootPortWithoutAcs;
  port.multifunction = true;
  Inspection machine =
      two_ports(port, true).inspected("0000:02:00", "pcie_acs_override=downstream,multifunction");
  Finding kernel = finding(machine, "group.kernel");
  EXPECT_EQ(kernel.status, Status::kFail);
  EXPECT_TRUE(has_text(kernel.evidence, "the cause is pcie_acs_override=downstream"))
      << kernel.evidence;
  EXPECT_EQ(finding(machine, "group.override").status, Status::kFail);
  // The same without the parameter: an unknown cause.
  machine = two_ports(port, true).inspected("0000:02:00");
  EXPECT_EQ(finding(machine, "group.kernel").status, Status::kWarn);
}

TEST(Isolation, IgnoredAcsOverrideWarns) {
  auto hardware = card_in_root_port();
  const Inspection machine = hardware.inspected("0000:01:00", "pcie_acs_override=downstream");
  const Finding override = finding(machine, "group.override");
  EXPECT_EQ(override.status, Status::kWarn);
  EXPECT_TRUE(has_text(override.evidence, "mainline Linux ignores it")) << override.evidence;
  EXPECT_EQ(finding(machine, "group.kernel").status, Status::kPass);
}

// Without a card, no group is checked, and nothing is said about any group.
TEST(Isolation, AcsOverrideWithoutACardIsSkipped) {
  Inspection machine = healthy();
  machine.machine.command_line = host::CommandLine::parse("pcie_acs_override=downstream");
  machine.groups.clear();
  machine.functions.clear();
  const Finding finding = only_finding(findings_of("group.override", machine));
  EXPECT_EQ(finding.status, Status::kSkip);
  EXPECT_EQ(finding.cause, "bind.plan");
  EXPECT_TRUE(has_text(finding.evidence, "pcie_acs_override=downstream is set"))
      << finding.evidence;
}

TEST(Isolation, TreeWithoutACommandLineProvesNothing) {
  Inspection machine = healthy();
  EXPECT_EQ(only_finding(findings_of("group.override", machine)).status, Status::kPass);
  machine.from_tree = true;
  EXPECT_EQ(only_finding(findings_of("group.override", machine)).status, Status::kPass);
  machine.machine.kernel_release.clear();
  const Finding finding = only_finding(findings_of("group.override", machine));
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_EQ(finding.remedy, kCaptureAsRoot);
  machine.machine.command_line = host::CommandLine::parse("quiet");
  EXPECT_EQ(only_finding(findings_of("group.override", machine)).status, Status::kPass);
}

TEST(Isolation, UnexplainedGroupMemberWarns) {
  auto hardware = card_in_root_port();
  hardware.add("0000:01:01.0", "0000:00:01.0", kEndpoint, 4);
  const Finding kernel = finding(hardware.inspected("0000:01:00"), "group.kernel");
  EXPECT_EQ(kernel.status, Status::kWarn);
  EXPECT_TRUE(has_text(kernel.evidence, "also contains 0000:01:01.0")) << kernel.evidence;
}

TEST(Isolation, TruncatedConfigSpaceIsUnknown) {
  auto hardware = card_in_root_port();
  hardware.tree.file("/sys/devices/pci0000:00/0000:00:01.0/config",
                     kRootPort.bytes().substr(0, 64));
  const Inspection machine = hardware.inspected("0000:01:00");
  for (const char* id : {"group.path", "group.kernel", "group.hardware"}) {
    EXPECT_EQ(finding(machine, id).status, Status::kUnknown);
    EXPECT_EQ(finding(machine, id).remedy, "run vfio-verify as root");
  }
}

TEST(Isolation, ASleepingPortIsNotWoken) {
  auto hardware = card_in_root_port();
  hardware.tree.file("/sys/devices/pci0000:00/0000:00:01.0/power_state", "D3cold\n");
  const Finding path = finding(hardware.inspected("0000:01:00"), "group.path");
  EXPECT_EQ(path.status, Status::kUnknown);
  EXPECT_TRUE(has_text(path.evidence, "sleeps (D3cold) and is not woken")) << path.evidence;
}

TEST(Isolation, SleepingSwitchPortIsUnknown) {
  auto hardware = cards_below_switch(kDownstream);
  hardware.tree.file("/sys/bus/pci/devices/0000:02:01.0/power_state", "D3cold\n");
  EXPECT_EQ(finding(hardware.inspected("0000:03:00"), "group.hardware").status, Status::kUnknown);
}

TEST(Isolation, CapabilityLoopEnds) {
  auto hardware = card_in_root_port();
  std::string looped = kRootPort.bytes();
  looped[0x41] = 0x40;                         // links to itself
  looped[0x103] = 0x10, looped[0x102] = 0x01;  // links to 0x100 again
  hardware.tree.file("/sys/devices/pci0000:00/0000:00:01.0/config", looped);
  EXPECT_EQ(hardware.inspected("0000:01:00").topology.nodes[0].type(), PortType::kConventional);
}

}  // namespace
}  // namespace verify
