// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/takers.h"

#include "tests/unit/fake_tree.h"

namespace plan {
namespace {

const host::PciAddress kGpu = *host::PciAddress::parse("0000:01:00.0");
const host::PciAddress kOther = *host::PciAddress::parse("0000:02:00.0");

class Takers : public testing::Test {
 protected:
  Takers() {
    tree_.function("0000:01:00.0", "10DE:1E84", "30000");
    tree_.function("0000:02:00.0", "10DE:1E84", "30000");
  }
  std::vector<Taker> takers() const {
    return plan::takers(tree_.machine(), {kGpu}, host::read_binders(tree_.root(), {}));
  }
  FakeTree tree_;
};

TEST_F(Takers, OverrideOfDriverctlIsATaker) {
  tree_.file("/etc/driverctl.d/pci-0000:01:00.0", "nvidia\n");
  tree_.file("/etc/driverctl.d/pci-0000:02:00.0", "nvidia\n");  // not claimed
  const auto found = takers();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].address, kGpu);
  EXPECT_EQ(found[0].what,
            "driverctl binds it to nvidia at each boot (/etc/driverctl.d/pci-0000:01:00.0)");
  EXPECT_EQ(found[0].command, "driverctl unset-override 0000:01:00.0");
  EXPECT_TRUE(found[0].explains("nvidia"));
  EXPECT_FALSE(found[0].explains("nouveau"));
  EXPECT_EQ(taker_warnings(found).at(0).remedy,
            "remove this override, then reboot: `driverctl unset-override 0000:01:00.0`");
}

TEST_F(Takers, OverrideForVfioIsNoTaker) {
  for (const char* driver : {"vfio-pci", "nvgrace_gpu_vfio_pci", ""}) {
    tree_.file("/etc/driverctl.d/pci-0000:01:00.0", std::string(driver) + "\n");
    EXPECT_TRUE(takers().empty()) << driver;
  }
}

TEST_F(Takers, OverrideNoneExplainsAMissingDriver) {
  tree_.file("/etc/driverctl.d/pci-0000:01:00.0", "none\n");
  const auto found = takers();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].explains(""));
  EXPECT_FALSE(found[0].explains("nvidia"));
}

TEST_F(Takers, UdevRulesAndCommandsAreTakers) {
  tree_.file("/etc/udev/rules.d/9.rules",
             "ATTR{vendor}==\"0x10de\", ATTR{driver_override}=\"nvidia\"\n"
             "ATTR{vendor}==\"0x10de\", ATTR{driver_override}=\"vfio-pci\"\n");
  tree_.file("/etc/rc.local",
             "virsh nodedev-reattach pci_0000_01_00_0\n"
             "virsh nodedev-reattach pci_0000_02_00_0\n");
  const auto found = takers();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "a command takes it from vfio-pci (/etc/rc.local:1)");
  EXPECT_TRUE(found[0].explains("nouveau"));
  EXPECT_EQ(found[1].what, "a udev rule binds it to nvidia (/etc/udev/rules.d/9.rules:1)");
}

TEST_F(Takers, GpuOperatorTakesOnlyCardsOfNvidia) {
  tree_.file("/run/nvidia/validations/driver-ready", "");
  ASSERT_EQ(takers().size(), 1u);
  EXPECT_NE(takers()[0].command.find("nvidia.com/gpu.workload.config=vm-passthrough"),
            std::string::npos);
  FakeTree other;
  other.function("0000:01:00.0", "1002:744C", "30000").file("/run/nvidia/validations/x", "");
  EXPECT_TRUE(plan::takers(other.machine(), {kGpu}, host::read_binders(other.root(), {})).empty());
}

}  // namespace
}  // namespace plan
