// SPDX-License-Identifier: GPL-2.0-or-later
//
// Functions that do not exist at boot: virtual functions, and cards that are away. Also functions
// that the IOMMU leaves out.
#include "plan/card_functions.h"
#include "plan/plan.h"
#include "plan/suggestion.h"
#include "plan/warnings.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/smbios.h"

namespace plan {
namespace {

class LateFunctionsTest : public testing::Test {
 protected:
  LateFunctionsTest() {
    tree_.iommu();
    tree_.function("0000:00:02.0", "8086:46A6", "30000", "i915");
  }

  Plan plan(std::string_view text) {
    config::Configuration configuration;
    config::parse_configuration(text, "/etc/vfio-early.conf", configuration);
    machine_ = *host::read_machine(tree_.root(), details_for(configuration));
    Plan first = make_plan(configuration, machine_);
    host::find_functions_without_group(tree_.root(), claimed_addresses(first), machine_);
    if (first.lacks_card) machine_.late = host::read_late_functions(tree_.root(), machine_);
    return make_plan(configuration, machine_);
  }

  std::string claimed(std::string_view text) {
    std::string addresses;
    for (const host::PciAddress& address : claimed_addresses(plan(text)))
      addresses += address.str() + " ";
    return addresses;
  }

  void expect_awaited(std::string_view text, const std::string& words) {
    const Plan away = plan(text);
    EXPECT_TRUE(away.claims.empty());
    EXPECT_TRUE(away.complete()) << "nothing is wrong";
    ASSERT_EQ(away.refusals.size(), 1u) << text;
    EXPECT_TRUE(away.refusals[0].awaited) << text;
    EXPECT_NE(away.refusals[0].why.find(words), std::string::npos) << away.refusals[0].why;
    EXPECT_NE(away.refusals[0].remedy.find("claimed when it appears"), std::string::npos);
  }

  void expect_refused(std::string_view text, const std::string& words) {
    const Plan refused = plan(text);
    EXPECT_TRUE(refused.claims.empty());
    EXPECT_FALSE(refused.complete());
    ASSERT_EQ(refused.refusals.size(), 1u) << text;
    EXPECT_FALSE(refused.refusals[0].awaited) << text;
    EXPECT_NE(refused.refusals[0].why.find(words), std::string::npos) << refused.refusals[0].why;
  }

  void attribute(const std::string& address, const std::string& name, const std::string& text) {
    tree_.file("/sys/bus/pci/devices/" + address + "/" + name, text + "\n");
  }

  FakeTree tree_;
  host::Machine machine_;
};

// Two virtual functions with the ids of their physical function, in its slot.
class VirtualFunctionsTest : public LateFunctionsTest {
 protected:
  VirtualFunctionsTest() {
    tree_.function("0000:03:00.0", "10DE:2230", "30200", "nvidia");
    for (const char* name : {"sriov_totalvfs", "sriov_offset"})
      attribute("0000:00:02.0", name, "7");
    attribute("0000:00:02.0", "sriov_offset", "1");
    attribute("0000:00:02.0", "sriov_stride", "1");
  }

  void create() {
    for (const char* address : {"0000:00:02.1", "0000:00:02.2"}) {
      tree_.function(address, "8086:46A6", "30000", "i915");
      tree_.link("/sys/bus/pci/devices/" + std::string(address) + "/physfn", "../0000:00:02.0");
    }
  }
};

constexpr const char* kVirtual = "[a]\naddress = 0000:00:02.1\nidentity = 8086:46a6\n";

TEST_F(VirtualFunctionsTest, IsClaimedAloneAndByItsOwnAddress) {
  create();
  EXPECT_EQ(claimed(kVirtual), "0000:00:02.1 ");
  const std::string allowed = "only-display = allow\n";
  for (const char* selector :
       {"address = 0000:00:02", "address = 0000:00:02\nidentity = 8086:46a6",
        "address = 0000:00:02\nfunctions = all", "id = 8086:46a6", "class = 0300"})
    EXPECT_EQ(claimed("[a]\n" + std::string(selector) + "\n" + allowed), "0000:00:02.0 ")
        << selector;
  EXPECT_EQ(section_for({machine_.find({{0, 0, 2}, 1})}, "card"),
            "[card]\naddress = 0000:00:02.1\nidentity = 8086:46a6\n");
  EXPECT_EQ(suggestions(machine_).size(), 2u);
  EXPECT_FALSE(
      are_of_one_card(machine_, *machine_.find({{0, 0, 2}, 0}), *machine_.find({{0, 0, 2}, 1})));
}

// The gate finds only the physical function, and refuses it.
TEST_F(VirtualFunctionsTest, IsNoDisplayOfTheHost) {
  const std::string physical = "[a]\naddress = 0000:00:02.0\n";
  expect_refused(physical, "no other display");
  create();
  expect_refused(physical, "no other display");
}

TEST_F(VirtualFunctionsTest, IsAwaitedUntilItIsCreated) {
  expect_awaited(kVirtual,
                 "not created yet: it is a virtual function of 0000:00:02.0, and virtual "
                 "functions are created later by the host's driver (i915)");
  expect_refused("[a]\naddress = 0000:00:03.1\n", "0000:00:03.1 found");
  create();
  tree_.function("0000:00:04.0", "8086:9999", "118000");
  expect_refused("[a]\naddress = 0000:00:04\nfunctions = 1\n", "0000:00:04.1 found");
}

// Before its driver is loaded, a device may not say that it has virtual functions.
TEST_F(LateFunctionsTest, FunctionWithIdOfFunctionZeroIsVirtual) {
  expect_awaited(kVirtual, "it is a virtual function of 0000:00:02.0");
  expect_refused("[a]\naddress = 0000:00:02.0 0000:00:02.1\nidentity = 8086:46a6 8086:51c8\n",
                 "0000:00:02.1 found");
}

TEST_F(VirtualFunctionsTest, RoutingIdsAreComputed) {
  const host::PhysicalFunction physical = {
      .address = {{0, 3, 0}, 1}, .total = 4, .offset = 256, .stride = 2};
  const auto may_have = [&](const char* address) {
    return physical.may_have(*host::PciAddress::parse(address));
  };
  EXPECT_TRUE(may_have("0000:04:00.1"));
  EXPECT_TRUE(may_have("0000:04:00.7"));
  EXPECT_FALSE(may_have("0000:04:00.2"));
  EXPECT_FALSE(may_have("0000:04:01.1")) << "the fifth";
  EXPECT_FALSE(may_have("0000:03:00.3"));
  EXPECT_FALSE(may_have("0001:04:00.1"));
}

TEST_F(VirtualFunctionsTest, OnlyVirtualMatchIsRefused) {
  tree_.function("0000:04:00.0", "8086:1520", "20000", "igbvf");
  tree_.link("/sys/bus/pci/devices/0000:04:00.0/physfn", "../0000:03:00.0");
  expect_refused("[a]\nid = 8086:1520\n", "matches only virtual functions");
}

TEST_F(VirtualFunctionsTest, ClaimedPhysicalFunctionLosesThem) {
  tree_.function("0000:05:00.0", "1A03:2000", "30000", "ast");
  EXPECT_TRUE(plan("[a]\naddress = 0000:00:02.0\n").warnings.empty());
  create();
  const auto warnings = plan("[a]\naddress = 0000:00:02.0\n").warnings;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].what.find("not created while it is claimed: 0000:00:02.1 0000:00:02.2"),
            std::string::npos)
      << warnings[0].what;
  EXPECT_TRUE(plan(kVirtual).warnings.empty());
}

// A Thunderbolt port with a range of buses, and a port next to the processor.
class AwayTest : public LateFunctionsTest {
 protected:
  AwayTest() {
    add_port("0000:00:01.0", "1", "1");
    add_port("0000:00:07.0", "2", "43");
    tree_.file("/sys/bus/pci/slots/4/address", "0000:02:00\n");
  }

  void add_port(const std::string& address, const std::string& first, const std::string& last) {
    tree_.function(address, "8086:9A23", "60400", "pcieport");
    attribute(address, "secondary_bus_number", first);
    attribute(address, "subordinate_bus_number", last);
    tree_.below("pci0000:00", address);
  }
};

TEST_F(AwayTest, CardBelowEmptyPortIsAwaited) {
  const std::string hot_plug = "not connected: no card below 0000:00:07.0, a hot-plug port";
  expect_awaited("[a]\naddress = 0000:04:00\nidentity = 10de:2504\n", hot_plug);
  expect_awaited("[a]\naddress = 0000:02:00.0\n", hot_plug);
  expect_awaited("[a]\npath = 0000:00/07.0\n", hot_plug);
  expect_awaited("[a]\nslot = 4\n", hot_plug);
  tree_.file("/sys/firmware/dmi/tables/DMI", smbios::slot("TB1", "0000:00:07.0"));
  expect_awaited("[a]\nslot = TB1\n", hot_plug);
  expect_awaited("[a]\npath = 0000:00/07.0/00.0/01.0/00.0\n", hot_plug);
  expect_awaited("[a]\nid = 10de:2504\n", hot_plug);
  expect_awaited("[a]\nserial = 00-1b-21-ff-ff-ab-cd-ef\n", hot_plug);
  expect_awaited("[a]\naddress = 0000:01:00\n",
                 "not connected: no card below the port 0000:00:01.0");
  tree_.function("0000:00:0d.2", "8086:9A1B", "C0340", "thunderbolt");
  expect_awaited("[a]\npath = 0000:00/07.0\n", "a hot-plug port of a machine with Thunderbolt");
}

TEST_F(AwayTest, OtherMissingCardIsRefused) {
  expect_refused("[a]\naddress = 0000:50:00\n", "no PCI function 0000:50:00 found");
  expect_refused("[a]\npath = 0000:00/08.0\n", "no PCI function at 0000:00/08.0 found");
  expect_refused("[a]\nid = 10de:2504\nindex = 0\n", "matches 10de:2504");
  expect_refused("[a]\nclass = 0302\n", "matches class 0302");
  // Another function is there, or the card is in the machine.
  tree_.function("0000:01:00.0", "10DE:1B81", "30000");
  tree_.below("pci0000:00/0000:00:01.0", "0000:01:00.0");
  expect_refused("[a]\naddress = 0000:01:00.2\n", "0000:01:00.2 found");
  expect_refused("[a]\naddress = 0000:02:00\nidentity = 10de:1b81\n",
                 "10de:1b81 is at 0000:01:00.0");
  expect_refused("[a]\npath = 0000:00/01.0/00.1\n", "0000:00/01.0/00.1 found");
}

// What the configuration space says, if the kernel does not control the slots (ACPI's hot-plug).
TEST_F(AwayTest, RegistersNameHotPlugPort) {
  std::string space(256, '\0');
  space[0x19] = 0x2c, space[0x1a] = 0x30;  // its buses
  space[0x34] = 0x40, space[0x40] = 0x10;  // PCI Express
  space[0x43] = 0x01, space[0x54] = 0x40;  // slot implemented, hot-plug capable
  tree_.function("0000:00:07.1", "8086:9A25", "60400", "pcieport");
  tree_.file("/sys/bus/pci/devices/0000:00:07.1/config", space);
  expect_awaited("[a]\naddress = 0000:2d:00\n",
                 "not connected: no card below 0000:00:07.1, a hot-plug port");
  space[0x43] = 0;
  tree_.file("/sys/bus/pci/devices/0000:00:07.1/config", space);
  expect_awaited("[a]\naddress = 0000:2d:00\n",
                 "not connected: no card below the port 0000:00:07.1");
}

// The registers are read only if sysfs lacks a fact.
TEST_F(AwayTest, RegistersThatAreNotNeededAreNotRead) {
  std::string space(256, '\0');
  space[0x19] = 0x60, space[0x1a] = 0x70;  // other buses than in sysfs
  tree_.file("/sys/bus/pci/devices/0000:00:07.0/config", space);
  expect_awaited("[a]\naddress = 0000:04:00\n",
                 "not connected: no card below 0000:00:07.0, a hot-plug port");
  expect_refused("[a]\naddress = 0000:61:00\n", "0000:61:00 found");
}

TEST_F(LateFunctionsTest, FunctionWithoutGroupIsRefused) {
  tree_.function("0000:01:00.0", "10DE:1B81", "30000", "nouveau");
  tree_.group(1, {"0000:01:00.0"});
  const char* graphics = "[a]\naddress = 0000:00:02.0\n";
  EXPECT_EQ(claimed("[a]\naddress = 0000:01:00.0\n"), "0000:01:00.0 ");
  expect_refused(graphics, "0000:00:02.0 (8086:46a6, class 030000) has no IOMMU group");
  tree_.file("/proc/cmdline", "quiet intel_iommu=on,igfx_off\n");
  expect_refused(graphics, "intel_iommu=on,igfx_off leaves the integrated graphics out");
  EXPECT_EQ(plan(graphics).refusals[0].remedy,
            "remove igfx_off from intel_iommu=on,igfx_off on the kernel command line");
  EXPECT_EQ(claimed("[a]\naddress = 0000:01:00.0\n"), "0000:01:00.0 ");
}

// Its driver may be a module, which assigns the groups later.
TEST_F(LateFunctionsTest, OtherIommuMayAssignGroupsLater) {
  tree_.function("0000:01:00.0", "10DE:1B81", "30000", "nouveau");
  tree_.group(1, {"0000:00:02.0"});
  tree_.file("/sys/class/iommu/smmu3.0/name", "");
  EXPECT_EQ(claimed("[a]\naddress = 0000:01:00.0\n"), "0000:01:00.0 ");
}

}  // namespace
}  // namespace plan
