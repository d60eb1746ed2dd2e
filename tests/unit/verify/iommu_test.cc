// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/inspect/iommu_width.h"

namespace verify {
namespace {

TEST(IommuPresent, NamesTheUnits) {
  const Finding finding = only_finding(findings_of("iommu.present", healthy()));
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "dmar0 dmar1");
}

TEST(IommuPresent, DistinguishesCausesOfMissingIommu) {
  Inspection machine = without_iommu();
  Finding finding = only_finding(findings_of("iommu.present", machine));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "the firmware describes no IOMMU")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "VT-d")) << finding.remedy;

  machine.tables = {{"/sys/firmware/acpi/tables/DMAR", healthy_table()}};
  machine.platform.cpu_vendor = "GenuineIntel";
  finding = only_finding(findings_of("iommu.present", machine));
  EXPECT_TRUE(has_text(finding.evidence, "(DMAR)")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "add intel_iommu=on to GRUB_CMDLINE_LINUX"))
      << finding.remedy;

  machine.machine.command_line = host::CommandLine::parse("quiet intel_iommu=sm_off,off");
  finding = only_finding(findings_of("iommu.present", machine));
  EXPECT_TRUE(has_text(finding.evidence, "disabled by intel_iommu=sm_off,off")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "remove intel_iommu=sm_off,off from")) << finding.remedy;
}

TEST(IommuPresent, ParameterOfOtherVendorIsIgnored) {
  Inspection machine = without_iommu();
  machine.tables = {{"/sys/firmware/acpi/tables/IVRS", healthy_table()}};
  machine.machine.command_line = host::CommandLine::parse("intel_iommu=off");
  EXPECT_FALSE(
      has_text(only_finding(findings_of("iommu.present", machine)).evidence, "disabled by"));
  machine.machine.command_line = host::CommandLine::parse("intel_iommu=off amd_iommu=off");
  EXPECT_TRUE(has_text(only_finding(findings_of("iommu.present", machine)).evidence,
                       "disabled by amd_iommu=off"));
  machine.machine.command_line = host::CommandLine::parse("iommu=off quiet amd_iommu=off");
  const Finding both = only_finding(findings_of("iommu.present", machine));
  EXPECT_TRUE(has_text(both.evidence, "disabled by amd_iommu=off and iommu=off")) << both.evidence;
  EXPECT_TRUE(has_text(both.remedy, "amd_iommu=off iommu=off")) << both.remedy;
}

// The log of Debian's 6.12 on a processor without cmpxchg16b.
TEST(IommuPresent, QuotesTheKernelMessage) {
  Inspection machine = without_iommu();
  machine.tables = {{"/sys/firmware/acpi/tables/IVRS", healthy_table()}};
  EXPECT_TRUE(has_text(only_finding(findings_of("iommu.present", machine)).remedy, "AMD-Vi"));
  machine.kernel_log =
      log_of({"Linux version 6.12.0", "AMD-Vi: Using global IVHD EFR:0x0, EFR2:0x0",
              "AMD-Vi: Failed to initialize. The CMPXCHG16B feature is required."});
  const Finding finding = only_finding(findings_of("iommu.present", machine));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(
      has_text(finding.evidence, "the kernel says \"AMD-Vi: Failed to initialize. The CMPXCHG"))
      << finding.evidence;
}

// This line does not explain a missing IOMMU: irq.remapping quotes it.
TEST(IommuPresent, DisabledRemappingIsNotTheCause) {
  Inspection machine = without_iommu();
  machine.tables = {{"/sys/firmware/acpi/tables/IVRS", healthy_table()}};
  machine.kernel_log = log_of({"AMD-Vi: Disabling interrupt remapping"});
  EXPECT_FALSE(
      has_text(only_finding(findings_of("iommu.present", machine)).evidence, "the kernel says"));
  machine.kernel_log =
      log_of({"AMD-Vi: Disabling interrupt remapping", "AMD-Vi: Disable IOMMU on Stoney Ridge"});
  EXPECT_TRUE(has_text(only_finding(findings_of("iommu.present", machine)).evidence,
                       "Disable IOMMU on Stoney Ridge"));
}

TEST(IommuPresent, AVirtioIommuIsNamedWithItsModule) {
  Inspection machine = without_iommu();
  machine.tables = {{"/sys/firmware/acpi/tables/VIOT", healthy_table()}};
  const Finding finding = only_finding(findings_of("iommu.present", machine));
  EXPECT_TRUE(has_text(finding.evidence, "a virtio-iommu, whose driver is not loaded"));
  EXPECT_TRUE(has_text(finding.remedy, "modprobe virtio_iommu")) << finding.remedy;
}

// No parameter helps against a wrong table, even if none is set.
TEST(IommuPresent, BrokenTableNeedsFirmwareUpdate) {
  for (const char* parameters : {"intel_iommu=on iommu=pt", ""}) {
    Inspection machine = without_iommu();
    machine.tables = {{"/sys/firmware/acpi/tables/DMAR", healthy_table()}};
    machine.machine.command_line = host::CommandLine::parse(parameters);
    machine.kernel_log = log_of(
        {"DMAR: Host address width 39",
         "DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address 0!\\x0aBIOS vendor: x",
         "DMAR: Parse DMAR table failure."});
    const Finding finding = only_finding(findings_of("iommu.present", machine));
    EXPECT_EQ(finding.status, Status::kFail);
    EXPECT_TRUE(
        has_text(finding.evidence,
                 "\"DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address 0!\""))
        << finding.evidence;
    EXPECT_TRUE(has_text(finding.remedy, "update the firmware")) << finding.remedy;
    EXPECT_FALSE(has_text(finding.remedy, "intel_iommu=on")) << finding.remedy;
  }
}

// The unit that "on" would enable is not used for another reason, which the log does not have.
TEST(IommuPresent, ParameterThatIsSetIsNotTheRemedy) {
  Inspection machine = without_iommu();
  machine.tables = {{"/sys/firmware/acpi/tables/DMAR", healthy_table()}};
  for (const char* parameters : {"intel_iommu=on", "quiet intel_iommu=sm_on,on"}) {
    machine.machine.command_line = host::CommandLine::parse(parameters);
    const Finding finding = only_finding(findings_of("iommu.present", machine));
    EXPECT_EQ(finding.status, Status::kFail);
    EXPECT_FALSE(has_text(finding.remedy, "intel_iommu=on")) << finding.remedy;
  }
  machine.machine.command_line = host::CommandLine::parse("intel_iommu=sm_on");
  EXPECT_TRUE(
      has_text(only_finding(findings_of("iommu.present", machine)).remedy, "add intel_iommu=on"));
}

TEST(IommuPresent, ForcedOnIsNamed) {
  Inspection machine = healthy();
  machine.kernel_log = log_of({"DMAR: Intel-IOMMU force enabled due to platform opt in"});
  const Finding finding = only_finding(findings_of("iommu.present", machine));
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_TRUE(has_text(finding.evidence, "only because the firmware asks")) << finding.evidence;
}

TEST(IommuPresent, UnreadableIommuListIsUnknown) {
  Inspection machine = healthy();
  machine.iommus = host::Error{EACCES, "list /sys/class/iommu"};
  EXPECT_EQ(only_finding(findings_of("iommu.present", machine)).status, Status::kUnknown);
}

TEST(IommuGroup, EachFunctionHasOne) {
  const Findings findings = findings_of("iommu.group", healthy());
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[1].status, Status::kPass);
  EXPECT_EQ(findings[1].subject, kAudio);
  EXPECT_TRUE(has_text(findings[1].evidence, "group 4, default domain identity"));
}

TEST(IommuGroup, MissingGroupFailsIfDriverIsBound) {
  Inspection machine = healthy();
  machine.functions[0].group.reset();
  machine.functions[1].group.reset();
  machine.functions[1].function.driver.clear();
  const Findings findings = findings_of("iommu.group", machine);
  EXPECT_EQ(findings[0].status, Status::kFail);
  EXPECT_EQ(findings[1].status, Status::kUnknown);  // with virtio-iommu, not before a driver binds
}

TEST(IommuGroup, MissingGroupWithoutIommuIsSkipped) {
  EXPECT_EQ(findings_of("iommu.group", without_iommu())[0].status, Status::kSkip);
}

TEST(IommuGroup, NoIommuModeFails) {
  Inspection machine = healthy();
  machine.groups[0].name = "vfio-noiommu";
  EXPECT_EQ(findings_of("iommu.group", machine)[0].status, Status::kFail);
}

TEST(IommuAttach, PassesWithIdentityDomain) {
  EXPECT_EQ(only_finding(findings_of("iommu.attach", healthy())).status, Status::kPass);
}

struct Case {
  Step step;
  int code;
  Status status;
  const char* words;  // in evidence or remedy, or the check that is the cause
};

TEST(IommuAttach, ExplainsEachErrno) {
  const Case cases[] = {
      {Step::kOpenContainer, ENOENT, Status::kUnknown, "modprobe -a vfio-pci vfio_iommu_type1"},
      {Step::kOpenContainer, ENODEV, Status::kUnknown, "modprobe"},
      {Step::kFindType1, ENODEV, Status::kUnknown, "modprobe"},
      {Step::kOpenGroup, EACCES, Status::kUnknown, "run vfio-verify as root"},
      {Step::kOpenGroup, EPERM, Status::kUnknown, "a control group denies access"},
      {Step::kOpenContainer, EPERM, Status::kUnknown, "lxc.cgroup2.devices.allow"},
      {Step::kOpenGroup, EBUSY, Status::kUnknown, "the other vfio-verify"},
      {Step::kOpenGroup, ENOENT, Status::kUnknown, "no function of group 4 is bound"},
      {Step::kOpenGroup, EIO, Status::kUnknown, "the step"},
      {Step::kSetContainer, EPERM, Status::kFail, "group.isolated"},
      {Step::kSetIommu, EPERM, Status::kFail, "irq.remapping"},
      {Step::kSetIommu, EINVAL, Status::kFail, "does not support this address space"},
      {Step::kSetIommu, EBUSY, Status::kUnknown, "another program"},
      {Step::kSetIommu, EIO, Status::kFail, "Input/output error"},
  };
  for (const Case& c : cases) {
    const Finding finding =
        only_finding(findings_of("iommu.attach", with_attachment(c.step, c.code)));
    EXPECT_EQ(finding.status, c.status) << finding.evidence;
    EXPECT_TRUE(has_text(finding.evidence + finding.remedy.str() + finding.cause, c.words))
        << finding.evidence << finding.remedy;
    EXPECT_NE(finding.remedy, "");
  }
}

TEST(IommuAttach, FirmwareReservedMemoryIsTheCause) {
  for (const int code : {EPERM, EINVAL}) {
    Inspection machine = with_attachment(Step::kSetIommu, code);
    machine.kernel_log = log_of(
        {code == EPERM ? "vfio-pci 0000:01:00.0: Device is ineligible for IOMMU domain attach due "
                         "to platform RMRR requirement. Contact your platform vendor."
                       : "vfio-pci 0000:01:00.0: Firmware has requested this device have a 1:1 "
                         "IOMMU mapping, rejecting configuring the device without a 1:1 mapping."});
    const Finding finding = only_finding(findings_of("iommu.attach", machine));
    EXPECT_EQ(finding.status, Status::kFail);
    EXPECT_TRUE(has_text(finding.evidence, "reserves memory for this device")) << finding.evidence;
  }
}

// The widths of a desktop machine of 2021: VT-d has 39 bits, the processor 46.
Finding width_finding(int iommu, int processor, uint64_t flags = 0x14220c) {
  Inspection machine = healthy();
  machine.platform.address_bits = processor;
  machine.functions[0].iommu_bits = iommu;
  machine.functions[0].hardware.windows[1] = {0x4000000000, 0x400fffffff, flags};
  return findings_of("iommu.width", machine).front();
}

TEST(IommuWidth, NarrowerThanProcessorWarns) {
  const Finding finding = width_finding(39, 46);
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "maps 39 bits of an address, the processor has 46"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "host-phys-bits-limit=39")) << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "<maxphysaddr mode=\"passthrough\" limit=\"39\"/>"))
      << finding.remedy;
}

TEST(IommuWidth, SufficientWidthPasses) {
  EXPECT_EQ(width_finding(39, 39).status, Status::kPass);
  EXPECT_EQ(width_finding(57, 46).status, Status::kPass);
  EXPECT_EQ(width_finding(39, 46, 0x40200).status, Status::kPass) << "it has no 64-bit BAR";
}

TEST(IommuWidth, UnknownWidthIsSkipped) {
  EXPECT_EQ(width_finding(0, 46).status, Status::kSkip);
  EXPECT_EQ(width_finding(39, 0).status, Status::kSkip);
}

TEST(IommuWidth, IsReadFromCapabilityRegister) {
  EXPECT_EQ(vtd_width(0xd2008c40660462), 39);  // MGAW 39, four levels
  EXPECT_EQ(vtd_width(0x19ed008c40780c66), 57);
  EXPECT_EQ(vtd_width(0x8d2078c106f0466), 48);
  EXPECT_EQ(vtd_width(0x8d2078c106f0262), 39);  // MGAW 48, three levels
  EXPECT_EQ(vtd_width(0), 0);
}

TEST(IommuWidth, UnitOfTheFunctionIsUsed) {
  FakeTree tree;
  const host::PciAddress vga = *host::PciAddress::parse(kVga);
  tree.function(kVga, "10DE:1B81", "30000", "vfio-pci");
  tree.file("/sys/class/iommu/dmar0/intel-iommu/cap", "d2008c40660462\n");
  EXPECT_EQ(read_iommu_width(tree.root(), vga), 39);
  tree.file("/sys/class/iommu/dmar1/intel-iommu/cap", "8d2078c106f0466\n");
  EXPECT_EQ(read_iommu_width(tree.root(), vga), 0) << "the widths differ, and no unit is named";
  tree.link("/sys/bus/pci/devices/" + std::string(kVga) + "/iommu", "../../../virtual/iommu/dmar1");
  EXPECT_EQ(read_iommu_width(tree.root(), vga), 48);
}

// iommu=pt asks for an identity domain; encryption and iommu=pt exclude each other.
TEST(IommuDomain, NamesMemoryEncryption) {
  Inspection machine = healthy();
  const auto evidence = [&](const char* type, const char* parameters, const char* line) {
    machine.groups[0].type = type;
    machine.machine.command_line = host::CommandLine::parse(parameters);
    machine.kernel_log = log_of({"Linux version 6.12.0", line});
    return only_finding(findings_of("iommu.domain", machine)).evidence;
  };
  constexpr const char* kActive = "AMD-Vi: IOMMU SNP support enabled.";
  constexpr const char* kSme = "AMD Memory Encryption Features active: SME";
  constexpr const char* kNoSnp =
      "AMD-Vi: SNP: IOMMU disabled or configured in passthrough mode, SNP cannot be supported.";
  EXPECT_TRUE(has_text(evidence("DMA", "iommu=pt", kActive), "iommu=pt has no effect, because"));
  EXPECT_TRUE(has_text(evidence("DMA", "iommu=pt", kSme), "iommu=pt has no effect, because"));
  EXPECT_TRUE(has_text(evidence("identity", "iommu=pt", kNoSnp), "SEV-SNP is disabled"));
  EXPECT_FALSE(has_text(evidence("DMA", "", kSme), "iommu=pt"));
  EXPECT_FALSE(has_text(evidence("DMA", "iommu=pt", "x"), "iommu=pt"));
  EXPECT_FALSE(has_text(evidence("identity", "iommu=pt", kSme), "iommu=pt"));
  machine.tables[0].table->flags.push_back({"DMA_CTRL_PLATFORM_OPT_IN_FLAG", ""});
  EXPECT_TRUE(has_text(evidence("DMA", "iommu=pt", "x"), "behind an external port"));
}

TEST(IommuAttach, NonViableGroupIsSkipped) {
  EXPECT_EQ(
      only_finding(findings_of("iommu.attach", with_attachment(Step::kGetStatus, 0, false))).status,
      Status::kSkip);
  EXPECT_EQ(
      only_finding(findings_of("iommu.attach", with_attachment(Step::kGetStatus, EIO))).status,
      Status::kUnknown);
}

}  // namespace
}  // namespace verify
