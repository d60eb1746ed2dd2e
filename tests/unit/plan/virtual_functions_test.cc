// SPDX-License-Identifier: GPL-2.0-or-later
//
// 'vfs': which virtual functions are claimed, and which are expected. Fake trees only; a kernel
// creates them in tests/boot.
#include "plan/virtual_functions.h"

#include "plan/intent.h"
#include "plan/plan.h"
#include "plan/rescue.h"
#include "tests/unit/fake_tree.h"

namespace plan {
namespace {

constexpr const char* kNet = "0000:01:00.0";         // an igb: 7 virtual functions from 01:10.0 on
constexpr const char* kIntegrated = "0000:00:02.0";  // i915 or xe: 7 from 00:02.1 on

class PhysicalFunctionTest : public testing::Test {
 protected:
  PhysicalFunctionTest() {
    tree_.iommu();
    tree_.function(kIntegrated, "8086:46A6", "30000", "i915");
    physical(kIntegrated, 7, 1, 1, "46a6");
    tree_.function(kNet, "8086:10C9", "20000", "igb");
    physical(kNet, 7, 384, 2, "10ca");
    tree_.function("0000:02:00.0", "1234:1111", "38000", "bochs-drm");
  }

  void physical(const std::string& address, int total, int offset, int stride,
                const std::string& device) {
    attribute(address, "sriov_totalvfs", std::to_string(total));
    attribute(address, "sriov_offset", std::to_string(offset));
    attribute(address, "sriov_stride", std::to_string(stride));
    attribute(address, "sriov_vf_device", device);
    attribute(address, "sriov_numvfs", "0");
  }

  void attribute(const std::string& address, const std::string& name, const std::string& text) {
    tree_.file("/sys/bus/pci/devices/" + address + "/" + name, text + "\n");
  }

  void create(const std::string& physical, const std::vector<std::string>& addresses,
              const std::string& id, const std::string& driver = "") {
    attribute(physical, "sriov_numvfs", std::to_string(addresses.size()));
    for (size_t number = 0; number < addresses.size(); ++number) {
      tree_.function(addresses[number], id, physical == kNet ? "20000" : "30000", driver);
      const std::string devices = "/sys/bus/pci/devices/";
      tree_.link(devices + addresses[number] + "/physfn", "../" + physical);
      tree_.link(devices + physical + "/virtfn" + std::to_string(number),
                 "../" + addresses[number]);
    }
  }

  Plan plan(std::string_view text) {
    configuration_ = {};
    config::parse_configuration(text, "/etc/vfio-early.conf", configuration_);
    machine_ = *host::read_machine(tree_.root(), details_for(configuration_));
    return make_plan(configuration_, machine_);
  }

  void expect_refused(std::string_view text, const std::string& why, const std::string& remedy) {
    const Plan refused = plan(text);
    EXPECT_TRUE(refused.claims.empty() && refused.virtual_functions.empty()) << text;
    EXPECT_FALSE(refused.complete());
    ASSERT_EQ(refused.refusals.size(), 1u) << text;
    EXPECT_NE(refused.refusals[0].why.find(why), std::string::npos) << refused.refusals[0].why;
    EXPECT_NE(refused.refusals[0].remedy.find(remedy), std::string::npos)
        << refused.refusals[0].remedy;
  }

  FakeTree tree_;
  host::Machine machine_;
  config::Configuration configuration_;
};

TEST_F(PhysicalFunctionTest, ExpectedAddressesAreComputed) {
  const Plan made = plan("[net]\naddress = 0000:01:00.0\nidentity = 8086:10c9\nvfs = 3\n");
  EXPECT_TRUE(made.claims.empty()) << "the physical function stays with the host";
  EXPECT_TRUE(made.complete() && made.refusals.empty() && made.warnings.empty());
  ASSERT_EQ(made.virtual_functions.size(), 1u);
  const VirtualFunctions& planned = made.virtual_functions[0];
  EXPECT_EQ(planned.physical.address.str(), kNet);
  EXPECT_EQ(planned.created, 0u);
  EXPECT_EQ(short_list(planned.expected), "0000:02:10.0 0000:02:10.2 0000:02:10.4");
  const record::Record record = intended_record(made, configuration_, machine_);
  ASSERT_EQ(record.physical_functions.size(), 1u);
  EXPECT_EQ(record.physical_functions[0].vfs, 3);
  EXPECT_EQ(record.physical_functions[0].expected[2], "0000:02:10.4");
  EXPECT_EQ(record.physical_functions[0].state, record::Creation::kWaiting);
}

// Integrated graphics: class 0300, and the host's only display. The drivers are the old one and the
// new one.
TEST_F(PhysicalFunctionTest, IntegratedGraphicsStayWithHost) {
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:02:00.0");
  for (const char* driver : {"i915", "xe"}) {
    std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices" / kIntegrated);
    tree_.function(kIntegrated, "8086:46A6", "30000", driver);
    physical(kIntegrated, 7, 1, 1, "46a6");
    for (const char* selector :
         {"address = 0000:00:02", "address = 0000:00:02.0", "id = 8086:46a6", "class = 0300"}) {
      const Plan made = plan("[igpu]\n" + std::string(selector) + "\nvfs = 7\ndriver = auto\n");
      ASSERT_EQ(made.virtual_functions.size(), 1u) << selector;
      EXPECT_TRUE(made.claims.empty() && made.complete()) << selector;
      EXPECT_EQ(short_list(made.virtual_functions[0].expected),
                "0000:00:02.1 0000:00:02.2 0000:00:02.3 0000:00:02.4 0000:00:02.5 0000:00:02.6 "
                "and 1 more");
      EXPECT_EQ(made.virtual_functions[0].handling.driver, "auto");
    }
  }
}

// They have the ids of their physical function, and are in its slot.
TEST_F(PhysicalFunctionTest, CreatedOnesAreClaimedByNumber) {
  create(kIntegrated, {"0000:00:02.1", "0000:00:02.2", "0000:00:02.3"}, "8086:46A6");
  const Plan made = plan("[igpu]\nid = 8086:46a6\nvfs = 2\n");
  ASSERT_EQ(made.claims.size(), 2u);
  EXPECT_EQ(made.claims[1].function.address.str(), "0000:00:02.2");
  EXPECT_EQ(made.claims[1].virtual_number, 1);
  EXPECT_EQ(made.virtual_functions[0].created, 2u);
  ASSERT_EQ(made.warnings.size(), 1u);
  EXPECT_NE(made.warnings[0].what.find("3 virtual functions of 0000:00:02.0 exist, but only the "
                                       "first 2 are claimed"),
            std::string::npos)
      << made.warnings[0].what;
  const record::Record record = intended_record(made, configuration_, machine_);
  EXPECT_EQ(record.functions[1].virtual_number, 1);
  EXPECT_EQ(record.functions[1].physical_function->str(), kIntegrated);
}

TEST_F(PhysicalFunctionTest, FewerThanConfiguredAreClaimed) {
  create(kNet, {"0000:02:10.0"}, "8086:10CA", "igbvf");
  const Plan made = plan("[net]\naddress = 0000:01:00.0\nvfs = 2\n");
  EXPECT_EQ(made.claims.size(), 1u);
  EXPECT_EQ(made.virtual_functions[0].created, 1u);
  EXPECT_EQ(made.virtual_functions[0].expected.size(), 2u);
}

// The kernel links a virtual function to its physical one only after it has announced it.
TEST_F(PhysicalFunctionTest, LinkOfPhysicalFunctionIsEnough) {
  create(kIntegrated, {"0000:00:02.1"}, "8086:46A6");
  std::filesystem::remove(tree_.directory() / "sys/bus/pci/devices/0000:00:02.1/physfn");
  EXPECT_EQ(plan("[igpu]\naddress = 0000:00:02.0\nvfs = 1\n").claims.size(), 1u);
  EXPECT_TRUE(machine_.find({{0, 0, 2}, 1})->is_virtual());
}

TEST_F(PhysicalFunctionTest, TooManyAreRefused) {
  expect_refused("[net]\naddress = 0000:01:00.0\nvfs = 8\n",
                 "'vfs = 8' is too large: 0000:01:00.0 has at most 7 virtual functions",
                 "set 'vfs' to at most 7");
  attribute(kIntegrated, "sriov_totalvfs", "0");  // i915 without its parameter max_vfs
  expect_refused("[igpu]\naddress = 0000:00:02.0\nvfs = 1\n", "has at most 0",
                 "set the parameter of the driver i915");
}

TEST_F(PhysicalFunctionTest, OtherFunctionsAreRefused) {
  expect_refused("[a]\naddress = 0000:02:00.0\nvfs = 1\n",
                 "0000:02:00.0 (1234:1111, class 038000) has no virtual functions",
                 "enable SR-IOV");
  create(kIntegrated, {"0000:00:02.1"}, "8086:46A6");
  expect_refused("[a]\naddress = 0000:00:02.1\nvfs = 1\n",
                 "is a virtual function itself, of 0000:00:02.0", "remove 'vfs'");
  expect_refused("[a]\naddress = 0000:01:00.0\nidentity = 8086:1521\nvfs = 1\n",
                 "identity mismatch at 0000:01:00.0", "correct 'identity'");
  tree_.function("0000:01:00.1", "8086:10C9", "20000", "igb");
  physical("0000:01:00.1", 7, 384, 2, "10ca");
  expect_refused("[a]\naddress = 0000:01:00\nidentity = 8086:10c9\nvfs = 1\n",
                 "is a storage or network function", "select it by its own address");
  tree_.function("0000:00:02.7", "8086:46A6", "30000", "i915");
  physical("0000:00:02.7", 7, 1, 1, "46a6");
  expect_refused("[a]\naddress = 0000:00:02\nvfs = 1\n",
                 "several functions of the card have virtual functions: 0000:00:02.0 0000:00:02.7",
                 "'address = 0000:00:02.0'");
}

TEST_F(PhysicalFunctionTest, SectionsThatOverlapAreRefused) {
  // The physical function needs its host driver.
  const Plan claimed = plan("[a]\naddress = 0000:00:02.0\n[b]\naddress = 0000:00:02.0\nvfs = 2\n");
  EXPECT_TRUE(claimed.claims.empty() && claimed.virtual_functions.empty());
  ASSERT_EQ(claimed.refusals.size(), 2u);
  EXPECT_EQ(claimed.refusals[0].why, "0000:00:02.0 is selected by both [a] and [b]");
  // A section also names one of the virtual functions.
  const char* both = "[a]\naddress = 0000:02:10.2\n[b]\naddress = 0000:01:00.0\nvfs = 2\n";
  EXPECT_EQ(plan(both).virtual_functions.size(), 1u) << "it does not exist yet: [a] is refused";
  create(kNet, {"0000:02:10.0", "0000:02:10.2"}, "8086:10CA");
  const Plan named = plan(both);
  EXPECT_TRUE(named.claims.empty() && named.virtual_functions.empty());
  EXPECT_EQ(named.refusals.at(0).why, "0000:02:10.2 is claimed by both [a] and [b]");
  const Plan twice =
      plan("[a]\naddress = 0000:01:00.0\nvfs = 1\n[b]\naddress = 0000:01:00.0\nvfs = 2\n");
  EXPECT_TRUE(twice.virtual_functions.empty());
}

// No section conflicts with itself.
TEST_F(PhysicalFunctionTest, VirtualFunctionAtItsPhysicalFunctionIsRefused) {
  attribute(kNet, "sriov_numvfs", "1");
  tree_.link(std::string("/sys/bus/pci/devices/") + kNet + "/virtfn0", std::string("../") + kNet);
  const Plan made = plan("[v]\naddress = 0000:01:00.0\nvfs = 1\n");
  EXPECT_TRUE(made.claims.empty() && made.virtual_functions.empty());
  ASSERT_EQ(made.refusals.size(), 1u);
  EXPECT_EQ(made.refusals[0].why, "0000:01:00.0 is reported as a virtual function of itself");
}

// Otherwise a boot that is marked as healthy would become pending when they are created.
TEST_F(PhysicalFunctionTest, CreationDoesNotChangeFingerprint) {
  const char* text =
      "[a]\naddress = 0000:02:00.0\nhealthy-when = boot\n[b]\naddress = 0000:00:02.0\nvfs = 2\n";
  const Plan before = plan(text);
  const std::string fingerprint_before = fingerprint(before, configuration_, machine_, "uefi");
  ASSERT_FALSE(fingerprint_before.empty());
  create(kIntegrated, {"0000:00:02.1", "0000:00:02.2", "0000:00:02.3"}, "8086:46A6");
  const Plan after = plan(text);
  EXPECT_EQ(after.claims.size(), before.claims.size() + 2);
  EXPECT_EQ(fingerprint(after, configuration_, machine_, "uefi"), fingerprint_before);
  // The negative test: another card.
  EXPECT_NE(fingerprint(plan(std::string(text) + "[c]\naddress = 0000:01:00.0\n"), configuration_,
                        machine_, "uefi"),
            fingerprint_before);
}

// group = claim of another card does not take the physical function, which the host needs.
TEST_F(PhysicalFunctionTest, GroupDoesNotTakePhysicalFunction) {
  tree_.group(3, {kIntegrated, "0000:02:00.0"});
  const std::string other = "[b]\naddress = 0000:02:00.0\ngroup = claim\nonly-display = allow\n";
  EXPECT_EQ(plan(other).claims.size(), 2u);
  EXPECT_EQ(plan("[a]\naddress = 0000:00:02.0\nvfs = 1\n" + other).claims.size(), 1u);
}

// Linux before 4.17 has no attribute with the offset: the registers have it (PCIe 6.0, 9.3.3).
TEST_F(PhysicalFunctionTest, RegistersNameExpectedAddresses) {
  for (const char* name : {"sriov_offset", "sriov_stride", "sriov_vf_device"})
    std::filesystem::remove(tree_.directory() / "sys/bus/pci/devices" / kNet / name);
  const char* section = "[net]\naddress = 0000:01:00.0\nvfs = 2\n";
  EXPECT_TRUE(plan(section).virtual_functions[0].expected.empty());
  std::string space(0x1000, '\0');
  space[0x100] = 0x01, space[0x102] = 0x01, space[0x103] = 0x16;  // AER, and the next at 0x160
  space[0x160] = 0x10, space[0x162] = 0x01;                       // SR-IOV, the last one
  space[0x160 + 0x14] = '\x80', space[0x160 + 0x15] = 0x01, space[0x160 + 0x16] = 2;
  space[0x160 + 0x1a] = '\xca', space[0x160 + 0x1b] = 0x10;
  tree_.file("/sys/bus/pci/devices/" + std::string(kNet) + "/config", space);
  EXPECT_EQ(short_list(plan(section).virtual_functions[0].expected), "0000:02:10.0 0000:02:10.2");
  EXPECT_EQ(machine_.physical(*host::PciAddress::parse(kNet))->device, 0x10ca);
  space.resize(0x100);  // what a user who is not root can read is even less
  tree_.file("/sys/bus/pci/devices/" + std::string(kNet) + "/config", space);
  EXPECT_TRUE(plan(section).virtual_functions[0].expected.empty());
}

// Some devices report 0 until their virtual functions are enabled.
TEST_F(PhysicalFunctionTest, UnknownOffsetExpectsNothing) {
  attribute(kNet, "sriov_offset", "0");
  const Plan made = plan("[net]\naddress = 0000:01:00.0\nvfs = 2\n");
  EXPECT_TRUE(made.virtual_functions[0].expected.empty() && made.complete());
}

TEST(PhysicalFunction, NumbersHaveAddresses) {
  host::PhysicalFunction physical = {
      .address = {{1, 3, 0}, 1}, .total = 20, .offset = 5, .stride = 1, .created = {}};
  EXPECT_EQ(physical.virtual_function(0)->str(), "0001:03:00.6");
  EXPECT_EQ(physical.virtual_function(19)->str(), "0001:03:03.1");
  EXPECT_FALSE(physical.virtual_function(20)) << "the device has 20";
  physical.offset = 0xffff;  // beyond the last bus
  EXPECT_FALSE(physical.virtual_function(0));
  physical.offset = 8, physical.stride = 0;
  EXPECT_EQ(physical.virtual_function(0)->str(), "0001:03:01.1");
  EXPECT_FALSE(physical.virtual_function(1));
}

}  // namespace
}  // namespace plan
