// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/unit.h"

#include "tests/unit/plan/plan_fixture.h"

namespace plan {
namespace {

// A baseboard: GPUs and an NVSwitch below ports of one switch; one port has nothing below it.
class UnitTest : public PlanTest {
 protected:
  UnitTest() {
    add("pci0000:00", "0000:00:02.0", "1000:C030", "60400");
    const std::string root = "pci0000:00/0000:00:02.0";
    for (const char* port : {"0000:10:00.0", "0000:10:01.0", "0000:10:02.0", "0000:10:03.0"})
      add(root, port, "1000:C030", "60400");
    add(root + "/0000:10:00.0", "0000:11:00.0", "10DE:2330", "30200");
    add(root + "/0000:10:01.0", "0000:12:00.0", "10DE:2330", "30200");
    add(root + "/0000:10:02.0", "0000:13:00.0", "10DE:22A3", "68000");
  }

  void add(const std::string& parent, const std::string& address, const std::string& id,
           const std::string& class_code) {
    tree_.function(address, id, class_code);
    tree_.below(parent, address);
  }

  static constexpr const char* kBoard =
      "[b]\npath = 0000:00/02.0\nidentity = 10de:2330 10de:22a3\n";
  static constexpr const char* kAll = "0000:11:00.0 0000:12:00.0 0000:13:00.0 ";
};

TEST_F(UnitTest, IsClaimedAsOneCard) {
  const Plan all = plan(std::string(kBoard) + "expect = 3\n");
  EXPECT_EQ(claimed(all), kAll);
  EXPECT_TRUE(all.complete());
  EXPECT_EQ(all.claims[2].card, "b");
  EXPECT_EQ(claimed(plan("[b]\naddress = 0000:11:00 0000:12:00 0000:13:00.0\nexpect = 3\n")), kAll);
}

// The others are claimed, and the refusal says what is missing.
TEST_F(UnitTest, MissingDeviceIsNamed) {
  const Plan four = plan(std::string(kBoard) + "expect = 4\n");
  EXPECT_EQ(claimed(four), kAll);
  EXPECT_FALSE(four.complete());
  ASSERT_EQ(four.refusals.size(), 1u);
  EXPECT_FALSE(four.refusals[0].awaited);
  EXPECT_EQ(four.refusals[0].why, "only 3 of 4 devices found: no device is below 0000:10:03.0");
  const Plan listed = plan(
      "[b]\naddress = 0000:11:00 0000:03:00 0000:13:00.0 0000:14:00\nexpect = 4\n"
      "identity = 10de:2330 10de:22a3\n");
  EXPECT_EQ(claimed(listed), "0000:11:00.0 0000:13:00.0 ");
  ASSERT_EQ(listed.refusals.size(), 1u);
  EXPECT_EQ(listed.refusals[0].why,
            "only 2 of 4 devices found: 0000:03:00 is 144d:a808, 0000:14:00 is not found");
}

// 'functions' applies to each slot of the unit.
TEST_F(UnitTest, DeviceWithoutListedFunctionIsMissing) {
  add("pci0000:00/0000:00:02.0/0000:10:00.0", "0000:11:00.1", "10DE:2330", "30200");
  const Plan one = plan("[b]\naddress = 0000:11:00 0000:12:00\nfunctions = 0 1\nexpect = 2\n");
  EXPECT_EQ(claimed(one), "0000:11:00.0 0000:11:00.1 ");
  ASSERT_EQ(one.refusals.size(), 1u);
  EXPECT_EQ(one.refusals[0].why, "only 1 of 2 devices found: 0000:12:00.1 is not found");
}

TEST_F(UnitTest, SurplusOrNothingIsRefused) {
  expect_refused(plan(std::string(kBoard) + "expect = 2\n"),
                 "selects 3 devices, but 'expect' is 2");
  expect_refused(plan("[b]\naddress = 0000:14:00 0000:15:00\nexpect = 2\n"), "no PCI function");
  expect_refused(plan("[b]\naddress = 0000:11:00 0000:14:00\n"), "no PCI function 0000:14:00");
}

TEST_F(UnitTest, ExpectationsCountWhatIsClaimed) {
  config::Configuration configuration;
  config::parse_configuration(std::string(kBoard) +
                                  "expect = 4\n[g]\nid = 10de:1b81\ncount = 3\n"
                                  "[n]\naddress = 0000:14:00\nexpect = 1\n"
                                  "[all]\nid = 1002:164e\ncount = all\nfunctions = 0\n",
                              "/etc/vfio-early.conf", configuration);
  const Plan made =
      make_plan(configuration, *host::read_machine(tree_.root(), details_for(configuration)));
  std::string text;
  for (const Expectation& each : expectations(configuration, made))
    text += each.section + " " + std::to_string(each.claimed) + "/" +
            std::to_string(each.expected) + " ";
  EXPECT_EQ(text, "b 3/4 g 2/3 n 0/1 ");
}

}  // namespace
}  // namespace plan
