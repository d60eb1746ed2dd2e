// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why no card is claimed if no IOMMU is active: hypervisors, containers and architectures.
#include "plan/no_iommu.h"

#include "plan/plan.h"
#include "tests/unit/fake_tree.h"

namespace plan {
namespace {

class NoIommu : public testing::Test {
 protected:
  NoIommu() {
    tree_.function("0000:01:00.0", "10DE:1B81", "30000");
    tree_.function("0000:01:00.1", "10DE:10F0", "40300");
  }

  Plan plan() const {
    config::Configuration configuration;
    config::parse_configuration("[a]\naddress = 0000:01:00\nonly-display = allow\n",
                                "/etc/vfio-early.conf", configuration);
    return make_plan(configuration, tree_.machine());
  }
  std::string refusal() const {
    const Plan plan = this->plan();
    EXPECT_TRUE(plan.claims.empty());
    return plan.refusals.size() == 1 ? plan.refusals[0].why + ". " + plan.refusals[0].remedy : "";
  }
  bool says(const std::string& words) const { return refusal().find(words) != std::string::npos; }

  FakeTree tree_;
};

TEST_F(NoIommu, XenHostIsPointedToXenPciback) {
  tree_.file("/proc/xen/capabilities", "control_d\n");
  EXPECT_TRUE(says("this is Xen's dom0")) << refusal();
  EXPECT_TRUE(says("xen-pciback.hide=(0000:01:00.0)(0000:01:00.1)")) << refusal();
  EXPECT_TRUE(says("pci = [ '0000:01:00.0', '0000:01:00.1' ]")) << refusal();
  EXPECT_FALSE(says("VT-d")) << refusal();
  EXPECT_FALSE(says("qvm-pci")) << refusal();
  tree_.file("/proc/cmdline", "xen-pciback.hide=(01:00.0)(0000:01:00.1)\n");
  EXPECT_FALSE(says("hide=")) << refusal();
}

TEST_F(NoIommu, QubesIsPointedToItsTools) {
  tree_.file("/proc/xen/capabilities", "control_d\n").file("/etc/qubes-release", "4.2\n");
  EXPECT_TRUE(says("set rd.qubes.hide_pci=01:00.0,01:00.1 on the kernel")) << refusal();
  EXPECT_TRUE(says("run `qvm-pci attach --persistent VM dom0:01_00.0` and `qvm-pci")) << refusal();
  EXPECT_FALSE(says("pci = [") || says("xen-pciback")) << refusal();
  // In an initramfs only the command line shows it. One function is hidden.
  std::filesystem::remove(tree_.directory() / "etc/qubes-release");
  tree_.file("/proc/cmdline", "quiet rd.qubes.hide_pci=00:14.0,01:00.0\n");
  EXPECT_TRUE(says("set rd.qubes.hide_pci=01:00.1 on the kernel")) << refusal();
  tree_.file("/proc/cmdline", "quiet rd.qubes.hide_pci=01:00.0,01:00.1\n");
  EXPECT_TRUE(says("with vfio-pci; run `qvm-pci attach")) << refusal();
}

// The firmware setup has the IOMMU enabled, since the firmware describes it.
TEST_F(NoIommu, DescribedIommuIsNotEnabledTwice) {
  const std::string tables = "/sys/firmware/acpi/tables/";
  tree_.file("/proc/cmdline", "quiet intel_iommu=on\n");
  EXPECT_TRUE(says("enable VT-d in the firmware setup")) << refusal();
  tree_.file(tables + "DMAR", "DMAR");
  EXPECT_TRUE(says("although the firmware describes one (ACPI table DMAR). update the firmware; "))
      << refusal();
  EXPECT_FALSE(says("enable VT-d")) << refusal();
  tree_.file("/proc/cmdline", "quiet\n");
  EXPECT_TRUE(says("boot with intel_iommu=on")) << refusal();
  tree_.file("/proc/cmdline", "quiet intel_iommu=off\n");
  EXPECT_TRUE(says("remove intel_iommu=off")) << refusal();
  std::filesystem::remove(tree_.directory() / "sys/firmware/acpi/tables/DMAR");
  tree_.file(tables + "IVRS", "IVRS").file("/proc/cmdline", "quiet\n");
  EXPECT_TRUE(says("(ACPI table IVRS). update the firmware; ")) << refusal();
}

TEST_F(NoIommu, GuestOfXenIsPointedToDom0) {
  tree_.file("/sys/hypervisor/type", "xen\n");
  EXPECT_TRUE(says("this is a guest of Xen") && says("in dom0")) << refusal();
  EXPECT_FALSE(says("VT-d")) << refusal();
}

TEST_F(NoIommu, WslAndContainerArePointedToTheHost) {
  tree_.file("/proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n");
  EXPECT_TRUE(says("Windows Subsystem for Linux") && says("the machine itself")) << refusal();
  tree_.file("/run/.containerenv", "");
  EXPECT_TRUE(says("in this container") && says("on the host")) << refusal();
}

TEST_F(NoIommu, OtherArchitecturesHaveNoVtd) {
  EXPECT_TRUE(says("VT-d or AMD-Vi")) << refusal();
  tree_.file("/proc/sys/kernel/arch", "aarch64\n");
  EXPECT_TRUE(says("enable the SMMU")) << refusal();
  EXPECT_FALSE(says("VT-d") || says("intel_iommu")) << refusal();
  tree_.file("/proc/sys/kernel/arch", "riscv64\n");
  EXPECT_TRUE(says("enable the IOMMU")) << refusal();
  EXPECT_FALSE(says("VT-d") || says("intel_iommu")) << refusal();
}

// With an IOMMU, the card is claimed also in a container, and where Xen's guest has one.
TEST_F(NoIommu, ActiveIommuIsUsed) {
  tree_.group(1, {"0000:01:00.0", "0000:01:00.1"});
  tree_.iommu().file("/run/.containerenv", "").file("/sys/hypervisor/type", "xen\n");
  EXPECT_EQ(plan().claims.size(), 2u);
}

}  // namespace
}  // namespace plan
