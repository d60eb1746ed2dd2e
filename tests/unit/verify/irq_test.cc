// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

constexpr const char* kKernelMessage =
    "vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the module param "
    "\"allow_unsafe_interrupts\" to enable VFIO IOMMU support on this platform";

Finding finding_of(const Inspection& machine) {
  return only_finding(findings_of("irq.remapping", machine));
}

TEST(IrqRemapping, AttachmentPasses) {
  EXPECT_EQ(finding_of(healthy()).status, Status::kPass);
}

TEST(IrqRemapping, RefusalWithKernelMessageFails) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = log_of({kKernelMessage});
  const Finding finding = finding_of(machine);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "interrupt remapping is disabled")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.evidence, "a guest could forge interrupts")) << finding.evidence;
}

// The reason is in the log of the boot, not at its end.
TEST(IrqRemapping, LogOfTheBootIsSearched) {
  for (const Step step : {Step::kOpenGroup, Step::kNotTried}) {
    Inspection machine = with_attachment(step, ENOENT);
    machine.interrupts = host::Error{EACCES, "open /proc/interrupts"};
    const Finding finding = finding_of(machine);
    EXPECT_EQ(finding.status, Status::kUnknown);
    EXPECT_TRUE(has_text(finding.remedy, "dmesg | grep -iE 'DMAR|AMD-Vi|remapping'"))
        << finding.remedy;
    EXPECT_TRUE(has_text(finding.evidence, step == Step::kNotTried ? "no group was attached"
                                                                   : "no group could be attached"))
        << finding.evidence;
  }
}

TEST(IrqRemapping, MalformedTableDoesNotLackSupport) {
  Inspection machine = healthy();
  machine.tables[0].table->flags.clear();
  EXPECT_EQ(finding_of(machine).status, Status::kWarn);
  machine.tables[0].table->faults = {{4, "header", "its length is 0 bytes"}};
  EXPECT_EQ(finding_of(machine).status, Status::kPass);
}

TEST(IrqRemapping, RefusalWithoutRemappedChipsFails) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = host::Error{EPERM, "open /dev/kmsg"};
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  EXPECT_EQ(finding_of(machine).status, Status::kFail);
}

TEST(IrqRemapping, RefusalForOtherReasonIsUnknown) {
  EXPECT_EQ(finding_of(with_attachment(Step::kSetIommu, EPERM)).status, Status::kUnknown);
}

TEST(IrqRemapping, VirtioIommuFails) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = log_of({kKernelMessage});
  machine.tables = {{"/sys/firmware/acpi/tables/VIOT", healthy_table()}};
  const Finding finding = finding_of(machine);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "a virtio-iommu does not remap interrupts"))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "intel-iommu,intremap=on")) << finding.remedy;
}

TEST(IrqRemapping, NamesTheDisablingParameter) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = log_of({kKernelMessage});
  machine.machine.command_line = host::CommandLine::parse("intremap=off");
  const Finding finding = finding_of(machine);
  EXPECT_TRUE(has_text(finding.evidence, "disabled by intremap=off")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "remove intremap=off from")) << finding.remedy;
}

TEST(IrqRemapping, UnsafeInterruptsPreventAPass) {
  Inspection machine = healthy();
  machine.unsafe_interrupts.type1 = true;
  EXPECT_EQ(finding_of(machine).status, Status::kWarn);

  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  EXPECT_EQ(finding_of(machine).status, Status::kFail);
  machine.interrupts = host::Error{EACCES, "open /proc/interrupts"};
  EXPECT_EQ(finding_of(machine).status, Status::kFail);

  machine.unsafe_interrupts = {};
  EXPECT_EQ(finding_of(machine).status, Status::kUnknown);
}

// Two switches, and only one of them applied to the attachment.
TEST(IrqRemapping, BothUnsafeSwitchesAreNamed) {
  Inspection machine = healthy();
  machine.unsafe_interrupts = {.type1 = false, .iommufd = true};
  const Finding half = finding_of(machine);
  EXPECT_EQ(half.status, Status::kWarn);
  EXPECT_TRUE(has_text(half.evidence,
                       "vfio_iommu_type1 has allow_unsafe_interrupts=N, iommufd has "
                       "allow_unsafe_interrupts=Y"))
      << half.evidence;
  machine.unsafe_interrupts = {.type1 = true, .iommufd = false};
  EXPECT_TRUE(has_text(finding_of(machine).evidence, "would not refuse"))
      << finding_of(machine).evidence;
  machine.unsafe_interrupts = {.type1 = {}, .iommufd = false};
  EXPECT_EQ(finding_of(machine).status, Status::kPass) << "it serves the container";
}

TEST(IrqRemapping, CauseIsKernelFirmwareOrHardware) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = log_of({kKernelMessage});
  EXPECT_TRUE(has_text(finding_of(machine).evidence, "the kernel did not enable it"));
  EXPECT_TRUE(has_text(finding_of(machine).remedy, "dmesg | grep")) << finding_of(machine).remedy;
  machine.tables[0].table->flags.clear();
  EXPECT_TRUE(has_text(finding_of(machine).evidence, "INTR_REMAP is not set in its DMAR"));
  EXPECT_TRUE(has_text(finding_of(machine).remedy, "firmware setup"));
  machine.remapping_units[1].can_remap = false;
  EXPECT_TRUE(has_text(finding_of(machine).evidence, "ECAP.IR is 0 in dmar1"));
  machine.remapping_units.clear();
  machine.tables = {{"/sys/firmware/acpi/tables/DMAR", host::Error{EACCES, "open DMAR"}}};
  EXPECT_FALSE(has_text(finding_of(machine).evidence, "support remapping")) << "nobody was asked";
}

// An AMD machine whose attachment is refused, with these lines in its log.
Inspection amd_with_refusal(const std::vector<std::string>& lines) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  std::vector<std::string> log = {
      "IOAPIC[0]: apic_id 33, version 33, address 0xfec00000, GSI 0-23",
      "IOAPIC[1]: apic_id 34, version 33, address 0xfec01000, GSI 24-55"};
  log.insert(log.end(), lines.begin(), lines.end());
  log.emplace_back(kKernelMessage);
  machine.kernel_log = log_of(log);
  firmware::Table ivrs;
  ivrs.signature = "IVRS";
  machine.tables = {{"/sys/firmware/acpi/tables/IVRS", ivrs}};
  machine.remapping_units.clear();
  machine.machine.functions.push_back(
      pci_function("0000:00:14.0", {0x1022, 0x790b, 0, 0}, 0x0c0500, "piix4_smbus"));
  return machine;
}

constexpr const char* kNoSouthbridge = "AMD-Vi: [Firmware Bug]: : No southbridge IOAPIC found";

TEST(IrqRemapping, QuotesLogLineWithTheCause) {
  const Finding finding =
      finding_of(amd_with_refusal({kNoSouthbridge, "AMD-Vi: Disabling interrupt remapping"}));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, std::string("the kernel says \"") + kNoSouthbridge + "\""))
      << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "update the firmware")) << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "ivrs_ioapic=33@0000:00:14.0")) << finding.remedy;
  EXPECT_FALSE(has_text(finding.remedy, "enable VT-d or AMD-Vi")) << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "do not set allow_unsafe_interrupts")) << finding.remedy;
}

// The log also has the id: of the southbridge's I/O APIC if it is the first, as for apic_id 33.
TEST(IrqRemapping, NamesIoapicThatIvrsLacks) {
  constexpr const char* kMissing = "AMD-Vi: [Firmware Bug]: : IOAPIC[33] not in IVRS table";
  Inspection machine = amd_with_refusal({kMissing, kNoSouthbridge});
  const Finding finding = finding_of(machine);
  EXPECT_TRUE(has_text(finding.evidence, kMissing)) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "update the firmware")) << finding.remedy;
  EXPECT_TRUE(has_text(finding.remedy, "ivrs_ioapic=33@0000:00:14.0")) << finding.remedy;
  machine.machine.kernel_release = "5.15.0-91-generic";
  EXPECT_TRUE(has_text(finding_of(machine).remedy, "ivrs_ioapic[33]=00:14.0"))
      << finding_of(machine).remedy;
  // In a short log, and without the SMBus function: the address is the same on all platforms.
  machine.kernel_log = log_of({kMissing, kNoSouthbridge, kKernelMessage});
  machine.machine.functions.pop_back();
  EXPECT_TRUE(has_text(finding_of(machine).remedy, "ivrs_ioapic[33]=00:14.0"))
      << finding_of(machine).remedy;
}

// Which address another I/O APIC has is not known: the southbridge's is not suggested for it.
TEST(IrqRemapping, AddressOfOtherIoapicIsNotGuessed) {
  constexpr const char* kOther = "AMD-Vi: [Firmware Bug]: : IOAPIC[34] not in IVRS table";
  const Remedy remedy = finding_of(amd_with_refusal({kOther})).remedy;
  EXPECT_FALSE(has_text(remedy, "@0000:00:14.0")) << remedy;
  EXPECT_TRUE(has_text(remedy, "ivrs_ioapic= needs its PCI address")) << remedy;
}

TEST(IrqRemapping, GuestRemedyIsVirtualIommu) {
  Inspection machine = amd_with_refusal({kNoSouthbridge});
  machine.platform.in_guest = true;
  EXPECT_TRUE(has_text(finding_of(machine).remedy, "intel-iommu,intremap=on"))
      << finding_of(machine).remedy;
  EXPECT_FALSE(has_text(finding_of(machine).remedy, "ivrs_ioapic")) << finding_of(machine).remedy;
}

// Without "[Firmware Bug]" the cause is the command line.
TEST(IrqRemapping, NamesParameterThatHidesIoapic) {
  Inspection machine = amd_with_refusal({"AMD-Vi: : No southbridge IOAPIC found"});
  machine.machine.command_line = host::CommandLine::parse("noapic");
  EXPECT_TRUE(has_text(finding_of(machine).remedy, "remove noapic from"))
      << finding_of(machine).remedy;
  machine.machine.command_line = host::CommandLine::parse("ivrs_ioapic=4@0000:00:13.0");
  EXPECT_TRUE(has_text(finding_of(machine).remedy, "remove ivrs_ioapic=4@0000:00:13.0 from"));
}

TEST(IrqRemapping, EveryKernelReasonIsQuoted) {
  for (const char* line :
       {"AMD-Vi: [Firmware Bug]: : IOAPIC[34] not in IVRS table",
        "AMD-Vi: Disabling interrupt remapping",
        "DMAR-IR: This system BIOS has enabled interrupt remapping",
        "DMAR-IR: [Firmware Bug]: ioapic 2 has no mapping iommu, interrupt remapping will be "
        "disabled",
        "DMAR-IR: Failed to enable queued invalidation",
        "DMAR-IR: Failed to setup irq remapping for dmar0",
        "DMAR-IR: Not enabling interrupt remapping",
        "Not enabling interrupt remapping due to skipped IO-APIC setup",
        "DMAR-IR: Failed to enable irq remapping. You are vulnerable to irq-injection attacks."})
    EXPECT_TRUE(has_text(finding_of(amd_with_refusal({line})).evidence,
                         std::string("the kernel says \"") + line + "\""))
        << finding_of(amd_with_refusal({line})).evidence;
  const std::string several =
      finding_of(amd_with_refusal({"DMAR-IR: This system BIOS has enabled interrupt "
                                   "remapping\\x0aon a chipset that contains"}))
          .evidence;
  EXPECT_FALSE(has_text(several, "x0a")) << several;
}

// Lines that the kernel logs on a healthy machine must not be quoted as a reason.
TEST(IrqRemapping, UnrelatedLogLinesAreNotQuoted) {
  const Finding finding = finding_of(amd_with_refusal(
      {"AMD-Vi: Interrupt remapping enabled", "DMAR-IR: Enabled IRQ remapping in x2apic mode",
       "DMAR-IR: x2apic is disabled because BIOS sets x2apic opt out bit."}));
  EXPECT_FALSE(has_text(finding.evidence, "the kernel says \"AMD")) << finding.evidence;
  EXPECT_FALSE(has_text(finding.evidence, "the kernel says \"DMAR")) << finding.evidence;
}

TEST(IrqRemapping, ContradictionToAttachmentWarns) {
  Inspection machine = healthy();
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  EXPECT_EQ(finding_of(machine).status, Status::kWarn);
  EXPECT_TRUE(has_text(finding_of(machine).evidence, "0 of 9 interrupts"))
      << finding_of(machine).evidence;
  machine.tables.clear();
  EXPECT_EQ(finding_of(machine).status, Status::kPass) << "other hardware has other chips";
  machine = healthy();
  machine.remapping_units[0].can_remap = false;
  EXPECT_EQ(finding_of(machine).status, Status::kWarn);
}

TEST(IrqRemapping, InterruptChipsAloneNeverPass) {
  EXPECT_EQ(finding_of(with_attachment(Step::kOpenGroup, EACCES)).status, Status::kUnknown);

  Inspection direct = with_attachment(Step::kOpenGroup, EACCES);
  direct.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  EXPECT_EQ(finding_of(direct).status, Status::kFail);

  // intel_iommu=off leaves interrupt remapping enabled.
  Inspection no_iommu = healthy();
  no_iommu.iommus = std::vector<std::string>{};
  no_iommu.groups.clear();
  no_iommu.attachments.clear();
  EXPECT_EQ(finding_of(no_iommu).status, Status::kSkip);

  Inspection captured = with_attachment(Step::kNotTried, 0);
  captured.attachments[captured.groups[0].number].reason =
      "not tested: no device is opened with --root";
  EXPECT_EQ(finding_of(captured).status, Status::kSkip);
  Inspection unsafe = captured;
  unsafe.unsafe_interrupts.type1 = true;
  EXPECT_EQ(finding_of(unsafe).status, Status::kWarn);
  EXPECT_TRUE(has_text(finding_of(unsafe).evidence, "allow_unsafe_interrupts=Y"));
  captured.interrupts = host::Error{ENOENT, "open /proc/interrupts"};
  EXPECT_EQ(finding_of(captured).status, Status::kUnknown);
}

TEST(Interrupts, CountsChipsByTheirNames) {
  const auto remapped = parse_interrupts(
      "           CPU0       CPU1       \n"
      "  2:        285          0  IR-IO-APIC   2-edge      timer\n"
      " 24:          0          0  DMAR-MSI   0-edge      dmar0\n"
      " 25:          0          0  IR-PCI-MSIX-0000:00:01.0   0-edge      PCIe PME, aerdrv\n"
      "NMI:          0          0   Non-maskable interrupts\n");
  EXPECT_EQ(remapped.remapped, 2);
  EXPECT_EQ(remapped.direct, 0);

  const auto direct = parse_interrupts(
      "  2:        285          0   IO-APIC   2-edge      timer\n"
      " 24:          0          0   PCI-MSI 16384-edge      virtio0-config\n");
  EXPECT_EQ(direct.remapped, 0);
  EXPECT_EQ(direct.direct, 2);
  EXPECT_EQ(direct.example, "IO-APIC");
}

TEST(Interrupts, UnsafeSwitchOfContainerIsRead) {
  FakeTree tree;
  EXPECT_FALSE(read_unsafe_interrupts(tree.root(), {}).container_parameter());
  tree.file("/sys/module/iommufd/parameters/allow_unsafe_interrupts", "Y\n");
  EXPECT_EQ(read_unsafe_interrupts(tree.root(), {}).container_parameter(), true);
  tree.file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
  EXPECT_EQ(read_unsafe_interrupts(tree.root(), {}).container_parameter(), false);
  EXPECT_EQ(read_unsafe_interrupts(tree.root(), {}).iommufd, true);
}

// A captured machine may not have loaded the module.
TEST(Interrupts, UnsafeSwitchSetOnLoadWarns) {
  const auto on_load = [](const FakeTree& tree, const char* command_line = "") {
    return read_unsafe_interrupts(tree.root(), host::CommandLine::parse(command_line)).on_load;
  };
  FakeTree tree;
  EXPECT_TRUE(on_load(tree).empty());
  EXPECT_EQ(on_load(tree, "vfio_iommu_type1.allow_unsafe_interrupts").size(), 1u);
  tree.file("/etc/modprobe.d/a.conf", "options vfio_iommu_type1 allow_unsafe_interrupts=1\n");
  ASSERT_EQ(on_load(tree).size(), 1u);
  EXPECT_TRUE(has_text(on_load(tree)[0], "=1 from /etc/modprobe.d/a.conf:1")) << on_load(tree)[0];
  EXPECT_TRUE(on_load(tree, "vfio_iommu_type1.allow_unsafe_interrupts=0").empty());
  tree.file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
  EXPECT_TRUE(on_load(tree).empty()) << "it is loaded";

  Inspection machine = healthy();
  machine.attachments[machine.groups.front().number] = {};
  EXPECT_EQ(only_finding(findings_of("irq.remapping", machine)).status, Status::kSkip);
  machine.unsafe_interrupts = {.type1 = {}, .iommufd = {}, .on_load = {"it gets it"}};
  EXPECT_EQ(only_finding(findings_of("irq.remapping", machine)).status, Status::kWarn);
}

TEST(Interrupts, RemappingUnitsAreReadFromEcap) {
  FakeTree tree;
  tree.file("/sys/class/iommu/dmar0/intel-iommu/ecap", "f020df\n");
  tree.file("/sys/class/iommu/dmar1/intel-iommu/ecap", "f020d6\n");
  tree.file("/sys/class/iommu/dmar2/intel-iommu/ecap", "nonsense\n");
  tree.file("/sys/class/iommu/ivhd0/amd-iommu/cap", "b0f\n");
  auto units = read_remapping_units(tree.root());
  std::sort(units.begin(), units.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  ASSERT_EQ(units.size(), 2u);
  EXPECT_EQ(units[0].name, "dmar0");
  EXPECT_TRUE(units[0].can_remap);
  EXPECT_FALSE(units[1].can_remap);
}

}  // namespace
}  // namespace verify
