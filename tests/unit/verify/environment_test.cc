// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where this kernel does not have the machine's IOMMU, or it is not one of x86.
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/inspect_machine.h"
#include "verify/setup/setup.h"

namespace verify {
namespace {

using host::Architecture;
using host::Environment;

Inspection in(Environment environment) {
  Inspection machine = without_iommu();
  machine.machine.environment = environment;
  return machine;
}

Inspection on(Architecture architecture) {
  Inspection machine = without_iommu();
  machine.machine.architecture = architecture;
  return machine;
}

std::string text_of(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text += finding.evidence + "\n" + finding.remedy.str() + "\n";
  return text;
}

// The findings that name the missing IOMMU.
std::string iommu_text(const Inspection& machine) {
  return text_of(findings_of("iommu.present", machine)) +
         text_of(findings_of("iommu.firmware", machine));
}

TEST(Environment, XenHostUsesXenPciback) {
  Inspection machine = in(Environment::kXenHost);
  const Finding finding = only_finding(findings_of("iommu.present", machine));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "this is Xen's dom0")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "\n  xl pci-assignable-add 0000:01:00.0\n"))
      << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "xen-pciback.hide=(0000:01:00.0)(0000:01:00.1)"));
  EXPECT_TRUE(has_text(finding.remedy, "\n  pci = [ '0000:01:00.0', '0000:01:00.1' ]"));
  EXPECT_EQ(only_finding(findings_of("host.environment", machine)).status, Status::kWarn);
  for (auto& function : machine.functions) function.function.driver = "pciback";
  const Remedy remedy = only_finding(findings_of("iommu.present", machine)).remedy;
  EXPECT_FALSE(has_text(remedy, "hide")) << remedy;
  EXPECT_TRUE(has_text(remedy, "\n  pci = [")) << remedy;
}

// The VMs of Qubes OS are configured with its own tools.
TEST(Environment, QubesHasItsTools) {
  Inspection machine = in(Environment::kXenHost);
  machine.machine.is_qubes = true;
  Remedy remedy = only_finding(findings_of("iommu.present", machine)).remedy;
  EXPECT_TRUE(has_text(remedy, "rd.qubes.hide_pci=01:00.0,01:00.1")) << remedy;
  EXPECT_TRUE(has_text(remedy, "\n  qvm-pci attach --persistent VM dom0:01_00.0\n")) << remedy;
  EXPECT_FALSE(has_text(remedy, "pci = [") || has_text(remedy, "xl ")) << remedy;
  machine.machine.command_line =
      host::CommandLine::parse("rd.qubes.hide_pci=01:00.0,01:00.1 quiet");
  remedy = only_finding(findings_of("iommu.present", machine)).remedy;
  EXPECT_FALSE(has_text(remedy, "hide_pci")) << remedy;
}

// Xen, for example, hides DMAR from dom0: that is not a fault.
TEST(Environment, TablesOfTheMachineAreNotExpected) {
  for (const Environment environment :
       {Environment::kXenHost, Environment::kXenGuest, Environment::kWsl, Environment::kContainer})
    EXPECT_EQ(only_finding(findings_of("iommu.firmware", in(environment))).status, Status::kSkip);
  EXPECT_EQ(only_finding(findings_of("iommu.firmware", without_iommu())).status, Status::kFail);
}

TEST(Environment, EachIsNamed) {
  const struct {
    Environment environment;
    const char* evidence;
    const char* remedy;
  } cases[] = {{Environment::kXenGuest, "a guest of Xen", "in dom0"},
               {Environment::kWsl, "Windows Subsystem for Linux", "on the machine itself"},
               {Environment::kContainer, "a container", "run vfio-verify on the host"}};
  for (const auto& c : cases) {
    const Finding finding = only_finding(findings_of("iommu.present", in(c.environment)));
    EXPECT_EQ(finding.status, Status::kFail);
    EXPECT_TRUE(has_text(finding.evidence, c.evidence)) << finding.evidence;
    EXPECT_TRUE(has_text(finding.remedy, c.remedy)) << finding.remedy;
    EXPECT_FALSE(has_text(iommu_text(in(c.environment)), "virtual machine"));
  }
}

TEST(Environment, ContainerWithAnIommuWarns) {
  Inspection machine = healthy();
  EXPECT_EQ(only_finding(findings_of("host.environment", machine)).status, Status::kPass);
  machine.platform.in_guest = true;
  EXPECT_EQ(only_finding(findings_of("host.environment", machine)).status, Status::kPass);
  machine.machine.environment = Environment::kContainer;
  EXPECT_EQ(only_finding(findings_of("host.environment", machine)).status, Status::kWarn);
  EXPECT_EQ(only_finding(findings_of("iommu.present", machine)).status, Status::kPass);
}

TEST(Environment, TreeIsNotTheRunningMachine) {
  Inspection machine = healthy();
  machine.from_tree = true;
  EXPECT_EQ(only_finding(findings_of("host.environment", machine)).status, Status::kSkip);
  machine.machine.environment = Environment::kContainer;
  EXPECT_EQ(only_finding(findings_of("host.environment", machine)).status, Status::kWarn);
}

// Root does not help if a captured tree does not have a file.
TEST(ReadAsRoot, TreeIsCapturedAgain) {
  Inspection machine = healthy();
  const auto remedy_for = [&](int code) {
    machine.kernel_log = host::Error{code, "open /dev/kmsg"};
    return findings_of("iommu.faults", machine).front().remedy;
  };
  EXPECT_EQ(remedy_for(ENOENT), kRunAsRoot);
  machine.from_tree = true;
  EXPECT_EQ(remedy_for(ENOENT), kCaptureAsRoot);
  EXPECT_EQ(remedy_for(EACCES), kRunAsRoot);
  for (const Finding& finding : run_checks(machine))
    EXPECT_TRUE(finding.id == "bind.history" || finding.remedy != kCaptureAsRoot ||
                finding.status == Status::kUnknown)
        << finding.id;
}

// The processor reports a hypervisor to dom0, too.
TEST(Environment, XenHostIsNoVirtualMachine) {
  FakeTree tree;
  tree.function("0000:01:00.0", "10DE:1B81", "30000")
      .file("/proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: fpu hypervisor\n")
      .file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n");
  const auto inspected = [&] {
    return *inspect(tree.root(),
                    config::read_configuration(tree.root(), config::kConfigurationFile),
                    {.live = false});
  };
  EXPECT_TRUE(inspected().platform.in_guest);
  EXPECT_TRUE(has_text(iommu_text(inspected()), "this is a virtual machine"));
  tree.file("/proc/xen/capabilities", "control_d\n");
  EXPECT_FALSE(inspected().platform.in_guest);
  EXPECT_FALSE(has_text(text_of(run_checks(inspected())), "virtual machine has"));
  EXPECT_FALSE(has_text(iommu_text(inspected()), "this is a virtual machine"));
  // Neither the initramfs nor libvirt is of use there.
  const std::string steps =
      setup_text(inspected(), config::read_configuration(tree.root(), config::kConfigurationFile));
  EXPECT_TRUE(has_text(steps, "xl pci-assignable-add")) << steps;
  EXPECT_FALSE(has_text(steps, "initramfs") || has_text(steps, "hostdev")) << steps;
}

TEST(Architecture, OnlyX86HasVtd) {
  EXPECT_TRUE(has_text(iommu_text(on(Architecture::kX86)), "VT-d"));
  const struct {
    Architecture architecture;
    const char* words;
  } cases[] = {{Architecture::kArm, "the SMMU"},
               {Architecture::kPower, "PCI host bridge"},
               {Architecture::kRiscv, "CONFIG_RISCV_IOMMU"},
               {Architecture::kLoongArch, "a driver for the IOMMU of this machine"},
               {Architecture::kOther, "a driver for the IOMMU of this machine"}};
  for (const auto& c : cases) {
    const std::string text = iommu_text(on(c.architecture));
    EXPECT_TRUE(has_text(text, c.words)) << text;
    for (const char* x86 : {"VT-d", "AMD-Vi", "intel_iommu", "VIOT", "IVRS or"})
      EXPECT_FALSE(has_text(text, x86)) << text;
  }
  Inspection off = on(Architecture::kArm);
  off.machine.command_line = host::CommandLine::parse("iommu=off");
  EXPECT_TRUE(has_text(iommu_text(off), "disabled by iommu=off"));
}

// Interrupts of Arm do not go through IR- chips.
TEST(Architecture, DirectInterruptsOfArmProveNothing) {
  Inspection machine = with_attachment(Step::kNotTried, 0);
  machine.attachments[machine.groups[0].number].reason = "no device is opened";
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 57, .example = "ITS-MSI"};
  EXPECT_EQ(only_finding(findings_of("irq.remapping", machine)).status, Status::kFail);
  machine.machine.architecture = Architecture::kArm;
  EXPECT_EQ(only_finding(findings_of("irq.remapping", machine)).status, Status::kSkip);
  machine = with_attachment(Step::kSetIommu, EPERM);
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 57, .example = "ITS-MSI"};
  machine.machine.architecture = Architecture::kArm;
  const Finding refused = only_finding(findings_of("irq.remapping", machine));
  EXPECT_EQ(refused.status, Status::kFail);
  EXPECT_TRUE(has_text(refused.remedy, "GICv3")) << refused.remedy;
  EXPECT_FALSE(has_text(refused.remedy, "VT-d")) << refused.remedy;
}

TEST(Architecture, X2apicIsOfX86) {
  const Finding finding = only_finding(findings_of("irq.x2apic", on(Architecture::kArm)));
  EXPECT_EQ(finding.status, Status::kSkip);
  EXPECT_FALSE(has_text(finding.evidence, "DMAR")) << finding.evidence;
}

TEST(Architecture, WidthNeedsAnIommu) {
  Inspection machine = on(Architecture::kArm);
  machine.functions[0].iommu_bits = 0;
  EXPECT_EQ(findings_of("iommu.width", machine).front().cause, "iommu.present");
}

// VMX and SVM are of x86.
TEST(Architecture, MissingKvmIsExplained) {
  Inspection machine = healthy();
  machine.kvm = KvmTrial{KvmStep::kOpenDevice, {ENOENT, "open /dev/kvm"}};
  machine.machine.architecture = Architecture::kArm;
  const Finding arm = only_finding(findings_of("guest.kvm", machine));
  EXPECT_EQ(arm.status, Status::kWarn);
  EXPECT_FALSE(has_text(arm.remedy, "VT-x")) << arm.remedy;
  machine.machine.architecture = Architecture::kX86;
  machine.machine.environment = Environment::kXenHost;
  EXPECT_TRUE(
      has_text(only_finding(findings_of("guest.kvm", machine)).evidence, "Xen instead of KVM"));
}

}  // namespace
}  // namespace verify
