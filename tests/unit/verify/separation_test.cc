// SPDX-License-Identifier: GPL-2.0-or-later
//
// What vfio-verify suggests if other functions share the group of a card: which slots are empty,
// and what never becomes a suggestion.
#include "verify/check/separation.h"

#include <fmt/format.h>

#include "tests/unit/verify/isolation_machine.h"
#include "verify/inspect/isolation/workarounds.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

const PortRegisters kMultifunctionPort{.type = PortType::kRootPort, .multifunction = true};
const PortRegisters kIntegrated{.multifunction = true};

// The card 02:00.0 and a GPU are below two ports of one device without ACS. `other`: class and
// driver of what is in the other slot.
IsolationMachine shared_ports(const std::string& other, const std::string& driver) {
  IsolationMachine machine;
  machine.add("0000:00:03.0", "", kMultifunctionPort, 4)
      .add("0000:00:03.1", "", kMultifunctionPort, 4)
      .add_as(other, driver, "0000:01:00.0", "0000:00:03.0", kEndpoint, 4)
      .add_as("30000", "vfio-pci", "0000:02:00.0", "0000:00:03.1", kEndpoint, 4);
  return machine;
}

std::string remedy_of(const Inspection& machine, const char* id = "group.isolated") {
  return finding(machine, id).remedy.str();
}

TEST(Listed, CutsAfterSix) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed({"A"}), "A");
  EXPECT_EQ(listed({"A", "B"}), "A and B");
  EXPECT_EQ(listed({"A", "B", "C", "D", "E", "F"}), "A, B, C, D, E and F");
  EXPECT_EQ(listed({"A", "B", "C", "D", "E", "F", "G", "H"}), "A, B, C, D, E, F and 2 more");
}

TEST(Slots, OccupiedSlotIsNotEmpty) {
  auto machine = shared_ports("20000", "igb");
  machine.add("0000:00:05.0", "", kRootPort, 5).add("0000:00:06.0", "", kRootPort, 6);
  EXPECT_TRUE(has_text(remedy_of(machine.inspected("0000:02:00")),
                       "empty slots are below 0000:00:05.0 and 0000:00:06.0"));
  // What is in the slot shares no group with the card.
  machine.add("0000:05:00.0", "0000:00:05.0", kEndpoint, 7);
  for (const char* id : {"group.isolated", "group.path"}) {
    const std::string remedy = remedy_of(machine.inspected("0000:02:00"), id);
    EXPECT_TRUE(has_text(remedy, "empty slots are below 0000:00:06.0")) << remedy;
  }
}

// A card that the kernel does not list, for example because it is switched off.
TEST(Slots, SlotThatDetectsACardIsNotEmpty) {
  auto machine = shared_ports("20000", "igb");
  PortRegisters port = kRootPort;
  port.detects_card = true;
  machine.add("0000:00:05.0", "", port, 5);
  const std::string remedy = remedy_of(machine.inspected("0000:02:00"));
  EXPECT_FALSE(has_text(remedy, "0000:00:05.0")) << remedy;
}

TEST(Slots, PortsOfHotPlugAndThunderboltAreNamed) {
  auto machine = shared_ports("20000", "igb");
  PortRegisters hot_plug = kRootPort, thunderbolt = kRootPort;
  hot_plug.hot_plug = true;
  thunderbolt.hot_plug = thunderbolt.thunderbolt = true;
  machine.add("0000:00:05.0", "", thunderbolt, 5, "8086:FFFF")
      .add("0000:00:06.0", "", hot_plug, 6)
      .add("0000:00:07.0", "", kRootPort, 7, "8086:466E")  // its registers do not say so
      .add("0000:00:08.0", "", kRootPort, 8);
  const std::string remedy = remedy_of(machine.inspected("0000:02:00"));
  EXPECT_TRUE(has_text(remedy,
                       "empty slots are below 0000:00:08.0, 0000:00:05.0 (Thunderbolt port), "
                       "0000:00:06.0 (hot-plug port) and 0000:00:07.0 (Thunderbolt port)"))
      << remedy;
}

TEST(Slots, PathNamesThunderboltPorts) {
  IsolationMachine machine;
  machine.add("0000:00:07.0", "", kRootPort, 7, "8086:466E")
      .add("0000:02:00.0", "0000:00:07.0", kEndpoint, 8);
  EXPECT_EQ(finding(machine.inspected("0000:02:00"), "group.path").evidence,
            "0000:00:07.0 (Thunderbolt port, root port, ACS on)");
}

// Linux 5.9 does not isolate ports of Intel chipsets without the ACS capability; 5.10 does again.
TEST(Separation, ANewerKernelIsNamedOnlyIfItHelps) {
  constexpr const char* kNewer = "boot Linux 5.10 or later";
  PortRegisters port = kMultifunctionPort;
  const auto remedy = [&](const char* id, const char* release) {
    IsolationMachine hardware;
    hardware.add("0000:00:1c.0", "", port, 4, id)
        .add("0000:00:1c.1", "", port, 4, id)
        .add_as("20000", "igb", "0000:01:00.0", "0000:00:1c.0", kEndpoint, 4)
        .add_as("30000", "vfio-pci", "0000:02:00.0", "0000:00:1c.1", kEndpoint, 4);
    Inspection machine = hardware.inspected("0000:02:00");
    isolation::follow_kernel(machine.topology, {}, release);
    return remedy_of(machine);
  };
  const std::string on_5_9 = remedy("8086:8D10", "5.9.0");
  EXPECT_TRUE(on_5_9.starts_with(kNewer)) << on_5_9;
  EXPECT_FALSE(has_text(remedy("8086:8D10", "5.8.18"), kNewer));
  EXPECT_FALSE(has_text(remedy("8086:8D10", "6.12.0"), kNewer));
  EXPECT_FALSE(has_text(remedy("1AF4:1234", "5.9.0"), kNewer)) << "not a port of a chipset";
}

TEST(Separation, WithoutAnEmptySlotTheFirmwareIsNamed) {
  const Inspection machine = shared_ports("20000", "igb").inspected("0000:02:00");
  for (const char* id : {"group.isolated", "group.path"}) {
    const std::string remedy = remedy_of(machine, id);
    EXPECT_TRUE(has_text(remedy, "enable ACS in the firmware setup")) << remedy;
    EXPECT_TRUE(has_text(remedy,
                         "a firmware update may add it; no empty slot of this machine "
                         "isolates the card"))
        << remedy;
    EXPECT_FALSE(has_text(remedy, "move the card")) << remedy;
  }
}

// The menu of AGESA is in the firmware of Zen (family 17h) and later, not in that of an APU2 (16h).
TEST(Separation, OnlyFirmwareOfZenHasTheMenuOfAgesa) {
  Inspection machine = shared_ports("20000", "igb").inspected("0000:02:00");
  machine.platform.cpu_vendor = "AuthenticAMD";
  for (const auto& [family, has_menu] : {std::pair(0x16, false), {0x17, true}, {0x1a, true}}) {
    machine.platform.cpu_family = family;
    EXPECT_EQ(has_text(remedy_of(machine), "AMD CBS, NBIO"), has_menu) << family;
  }
  machine.platform.cpu_vendor = "GenuineIntel";
  EXPECT_FALSE(has_text(remedy_of(machine), "AMD CBS"));
}

TEST(Separation, CardWithoutASectionHasNoName) {
  const std::string remedy = remedy_of(shared_ports("30000", "a-driver").named("0000:02:00"));
  EXPECT_TRUE(has_text(remedy, "set group = claim in the card's section of /etc/vfio-early.conf"))
      << remedy;
}

TEST(ListedFunctions, NamesHostFunctionsFirst) {
  std::vector<host::PciFunction> functions;
  for (int i = 0; i < 7; ++i)
    functions.push_back(pci_function(fmt::format("0000:00:1c.{}", i), {0x8086, 0xa110, 0, 0},
                                     0x060400, "pcieport"));
  functions.push_back(pci_function("0000:02:00.0", {0x10de, 0x1b81, 0, 0}, 0x030000, "vfio-pci"));
  functions.push_back(pci_function("0000:03:00.0", {0x144d, 0xa808, 0, 0}, 0x010802, "nvme"));
  EXPECT_EQ(listed_functions(functions),
            "0000:03:00.0 (nvme), 0000:02:00.0 (vfio-pci), 0000:00:1c.0 (pcieport), 0000:00:1c.1 "
            "(pcieport), 0000:00:1c.2 (pcieport), 0000:00:1c.3 (pcieport) and 3 more");
  functions.resize(2);
  EXPECT_EQ(listed_functions(functions), "0000:00:1c.0 (pcieport) and 0000:00:1c.1 (pcieport)");
}

TEST(Separation, OnlyFunctionsThatTheHostDoesNotNeedAreSuggestedForTheGuest) {
  for (const char* host : {"10601", "10802", "20000", "28000", "50000", "60100", "80500", "C0330",
                           "C0500", "40300", "118000"}) {
    const std::string remedy = remedy_of(shared_ports(host, "a-driver").inspected("0000:02:00"));
    EXPECT_FALSE(has_text(remedy, "to the guest")) << host << remedy;
  }
  for (const char* card : {"30000", "120000", "40000"}) {
    const std::string remedy = remedy_of(shared_ports(card, "a-driver").inspected("0000:02:00"));
    EXPECT_TRUE(has_text(remedy,
                         "give this function to the guest as well: set group = claim in "
                         "[gaming] of /etc/vfio-early.conf, and "))
        << card << remedy;
  }
  // Without a driver, only binding one would be harmful.
  EXPECT_EQ(remedy_of(shared_ports("50000", "").inspected("0000:02:00")),
            "do not bind host drivers to these functions");
  EXPECT_TRUE(has_text(remedy_of(shared_ports("30000", "").inspected("0000:02:00")),
                       "or set group = claim in the card's section"));
}

// Each cause is named once, although it joins many pairs.
TEST(Separation, GroupHasOneReasonForManyPorts) {
  IsolationMachine machine;
  for (const char* number : {"2", "3", "4"}) {
    const std::string port = std::string("0000:00:02.") + number;
    machine.add(port, "", kMultifunctionPort, 4);
    machine.add_as("20000", "igb", std::string("0000:0") + number + ":00.0", port, kEndpoint, 4);
  }
  EXPECT_EQ(finding(machine.inspected("0000:04:00.0"), "group.path").evidence,
            "0000:00:02.4 (root port, no ACS). The functions share group 4 because 0000:00:02.2, "
            "0000:00:02.3 and 0000:00:02.4 are functions of one device without ACS between them; "
            "0000:00:02.2, 0000:00:02.3 and 0000:00:02.4 (each: root port, no ACS) may send "
            "requests directly to other functions, without the IOMMU");
}

// A disk behind a VMD, and a GPU that is not.
IsolationMachine with_vmd() {
  IsolationMachine machine;
  machine.add("0000:00:01.0", "", kRootPort, 1)
      .add_as("10400", "vmd", "0000:00:0e.0", "", {}, 2, "8086:A77F")
      .add_as("30000", "vfio-pci", "0000:01:00.0", "0000:00:01.0", kEndpoint, 3)
      .add("10000:e0:06.0", "0000:00:0e.0/pci10000:e0", kRootPort, 2)
      .add("10000:e0:07.0", "0000:00:0e.0/pci10000:e0", kRootPort, 2)
      .add_as("10802", "vfio-pci", "10000:e1:00.0", "0000:00:0e.0/pci10000:e0/10000:e0:06.0",
              kEndpoint, 2);
  return machine;
}

TEST(Vmd, DevicesBehindItShareItsGroup) {
  const Inspection machine = with_vmd().inspected("10000:e1:00");
  EXPECT_EQ(finding(machine, "group.kernel").status, Status::kPass)
      << finding(machine, "group.kernel").evidence;
  const Finding path = finding(machine, "group.path");
  EXPECT_EQ(path.status, Status::kWarn);
  EXPECT_EQ(
      path.evidence,
      "0000:00:0e.0 (VMD), then 10000:e0:06.0 (root port, ACS on). The functions "
      "share group 2 because all devices behind VMD 0000:00:0e.0 use its requester id for DMA");
  EXPECT_EQ(finding(machine, "group.isolated").status, Status::kFail);
  for (const char* id : {"group.isolated", "group.path"}) {
    const std::string remedy = remedy_of(machine, id);
    EXPECT_TRUE(has_text(remedy,
                         "disable VMD (Intel Volume Management Device, 0000:00:0e.0) in "
                         "the firmware setup"))
        << remedy;
    EXPECT_FALSE(has_text(remedy, "add ")) << remedy;
    EXPECT_FALSE(has_text(remedy, "move")) << remedy;
  }
}

TEST(Vmd, ItselfIsSeparatedByTheFirmwareSetup) {
  auto machine = with_vmd();
  std::filesystem::remove(machine.tree.directory() / "sys/bus/pci/devices/10000:e1:00.0/driver");
  machine.tree.function("10000:e1:00.0", "1AF4:1234", "10802", "nvme");
  EXPECT_TRUE(has_text(remedy_of(machine.named("0000:00:0e.0")), "disable VMD"));
}

// A kernel that puts them into different groups contradicts the hardware.
TEST(Vmd, SeparateGroupIsReported) {
  IsolationMachine machine;
  machine.add_as("10400", "vmd", "0000:00:0e.0", "", {}, 2, "8086:A77F")
      .add("10000:e0:06.0", "0000:00:0e.0/pci10000:e0", kRootPort, 3)
      .add_as("10802", "vfio-pci", "10000:e1:00.0", "0000:00:0e.0/pci10000:e0/10000:e0:06.0",
              kEndpoint, 4);
  EXPECT_EQ(finding(machine.inspected("10000:e1:00"), "group.kernel").status, Status::kWarn);
}

TEST(Vmd, OtherCardsAndTheirSlotsAreNotAffected) {
  auto machine = with_vmd();
  EXPECT_EQ(finding(machine.inspected("0000:01:00"), "group.isolated").status, Status::kPass);
  EXPECT_FALSE(has_text(finding(machine.inspected("0000:01:00"), "group.path").evidence, "VMD"));
  // A slot behind a VMD does not isolate.
  machine.add_as("20000", "igb", "0000:01:01.0", "0000:00:01.0", kEndpoint, 3);
  const std::string remedy = remedy_of(machine.inspected("0000:01:00"));
  EXPECT_FALSE(has_text(remedy, "10000:e0:07.0")) << remedy;
  EXPECT_FALSE(has_text(remedy, "VMD")) << remedy;
}

// The Wi-Fi of the chipset, with the USB controller and the memory in its device.
IsolationMachine chipset(int wifi_group) {
  PortRegisters wifi = kMultifunctionEndpoint;
  wifi.acs = kAllOn;
  IsolationMachine machine;
  machine.add_as("C0330", "xhci_hcd", "0000:00:14.0", "", kIntegrated, 4)
      .add_as("50000", "", "0000:00:14.2", "", kIntegrated, 4)
      .add_as("28000", "iwlwifi", "0000:00:14.3", "", wifi, wifi_group)
      .add("0000:00:1c.0", "", kRootPort, 9);
  return machine;
}

TEST(Chipset, HostControllersAreNotSuggestedForTheGuest) {
  for (const int group : {4, 5}) {
    const Inspection machine = chipset(group).named("0000:00:14.3");
    for (const char* id : {"group.isolated", "group.hardware"}) {
      const std::string remedy = remedy_of(machine, id);
      EXPECT_FALSE(has_text(remedy, "add ")) << id << remedy;
      EXPECT_FALSE(has_text(remedy, "give ")) << id << remedy;
      EXPECT_FALSE(has_text(remedy, "move ")) << id << remedy;
    }
  }
  const Inspection apart = chipset(5).named("0000:00:14.3");
  EXPECT_EQ(finding(apart, "group.isolated").status, Status::kPass);
  EXPECT_EQ(finding(apart, "group.hardware").status, Status::kUnknown);
  EXPECT_EQ(
      remedy_of(apart, "group.hardware"),
      "ask the manufacturer whether the functions of this device are isolated\n"
      "or use a different device for the guest: 0000:00:14.0 (xhci_hcd) and 0000:00:14.2 stay "
      "with the host, and no empty slot separates this device from them");
}

// A GPU and its audio function, on the drivers of the host, below a port without ACS.
IsolationMachine notebook() {
  IsolationMachine machine;
  machine.add("0000:00:01.0", "", kRootPortWithoutAcs, 2)
      .add_as("30000", "nvidia", "0000:01:00.0", "0000:00:01.0", kMultifunctionEndpoint, 2,
              "10DE:1F91")
      .add_as("40300", "snd_hda_intel", "0000:01:00.1", "0000:00:01.0", kMultifunctionEndpoint, 2,
              "10DE:10FA")
      .add("0000:00:1d.0", "", kRootPort, 3);
  return machine;
}

TEST(OwnFunctions, AreNoStrangersIfOneFunctionIsNamed) {
  for (const char* card : {"0000:01:00", "0000:01:00.0", "0000:01:00.1"}) {
    const Inspection machine = notebook().named(card);
    for (const char* id : {"group.isolated", "group.path", "group.hardware"}) {
      EXPECT_EQ(finding(machine, id).status, Status::kPass) << card << id;
      EXPECT_TRUE(finding(machine, id).remedy.empty()) << card << id;
    }
  }
}

TEST(OwnFunctions, AreClaimedWithTheirCard) {
  const Inspection machine = notebook().inspected("0000:01:00.0");
  EXPECT_EQ(finding(machine, "group.isolated").status, Status::kFail);
  const std::string remedy = remedy_of(machine);
  EXPECT_TRUE(
      remedy.starts_with("claim the whole card: add 0000:01:00.1 (snd_hda_intel) to its "
                         "section in /etc/vfio-early.conf, and "))
      << remedy;
  EXPECT_FALSE(has_text(remedy, "move")) << remedy;
  EXPECT_EQ(finding(machine, "group.path").status, Status::kPass);
}

// Another device in the same group is still a reason to move the card.
TEST(OwnFunctions, StrangersOfTheCardAreReported) {
  auto machine = notebook();
  machine.add_as("10802", "nvme", "0000:01:01.0", "0000:00:01.0", kEndpoint, 2);
  const Inspection with_disk = machine.named("0000:01:00.0");
  EXPECT_EQ(finding(with_disk, "group.isolated").status, Status::kFail);
  EXPECT_TRUE(has_text(finding(with_disk, "group.isolated").evidence,
                       "The host uses 0000:01:01.0 (nvme), so"));
  EXPECT_TRUE(has_text(remedy_of(with_disk), "empty slots are below 0000:00:1d.0"));
  EXPECT_EQ(finding(with_disk, "group.path").status, Status::kWarn);
}

// No slot separates the ports of a network card, which is not a graphics card.
TEST(OwnFunctions, OneDeviceIsNotSeparatedByASlot) {
  IsolationMachine machine;
  machine.add("0000:00:01.0", "", kRootPort, 1)
      .add_as("20000", "igb", "0000:01:00.0", "0000:00:01.0", kMultifunctionEndpoint, 2)
      .add_as("20000", "vfio-pci", "0000:01:00.1", "0000:00:01.0", kMultifunctionEndpoint, 2)
      .add("0000:00:1d.0", "", kRootPort, 3);
  EXPECT_EQ(remedy_of(machine.named("0000:01:00.1")),
            "give all functions of the device to the guest, if the host needs none of them");
}

// The processor's devices in an APU's slot are not for a guest.
TEST(OwnFunctions, DevicesBesideAnApuStayWithTheHost) {
  IsolationMachine machine;
  machine.add("0000:00:08.1", "", kRootPort, 1)
      .add_as("30000", "amdgpu", "0000:04:00.0", "0000:00:08.1", kMultifunctionEndpoint, 5)
      .add_as("108000", "ccp", "0000:04:00.2", "0000:00:08.1", kMultifunctionEndpoint, 5);
  const std::string remedy = remedy_of(machine.named("0000:04:00.0"));
  EXPECT_FALSE(has_text(remedy, "give all functions")) << remedy;
  EXPECT_TRUE(has_text(remedy, "use a different device for the guest")) << remedy;
}

}  // namespace
}  // namespace verify
