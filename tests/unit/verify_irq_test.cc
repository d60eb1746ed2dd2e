// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify_healthy.h"

namespace verify {
namespace {

constexpr const char* kKernelSays =
    "vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the module param "
    "\"allow_unsafe_interrupts\" to enable VFIO IOMMU support on this platform";

Finding judged(const Inspection& machine) {
  return only(check_irq_remapping(machine));
}

TEST(IrqRemapping, AnAttachmentProvesIt) {
  EXPECT_EQ(judged(healthy()).status, Status::kPass);
}

TEST(IrqRemapping, ARefusalWithTheKernelsWordsRefutesIt) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = log_of({kKernelSays});
  const Finding finding = judged(machine);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.evidence, "interrupt remapping is disabled")) << finding.evidence;
  EXPECT_TRUE(says(finding.evidence, "a guest could forge interrupts")) << finding.evidence;
}

TEST(IrqRemapping, ARefusalWithoutIrChipsRefutesItToo) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = host::Error{EPERM, "open /dev/kmsg"};
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  EXPECT_EQ(judged(machine).status, Status::kFail);
}

TEST(IrqRemapping, ARefusalForAnotherReasonProvesNothing) {
  EXPECT_EQ(judged(with_attachment(Step::kSetIommu, EPERM)).status, Status::kUnknown);
}

TEST(IrqRemapping, AVirtioIommuHasNone) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = log_of({kKernelSays});
  machine.tables = {{"/sys/firmware/acpi/tables/VIOT", healthy_table()}};
  const Finding finding = judged(machine);
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.evidence, "a virtio-iommu does not remap interrupts"))
      << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "intel-iommu,intremap=on")) << finding.remedy;
}

TEST(IrqRemapping, NamesTheParameterThatSwitchedItOff) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = log_of({kKernelSays});
  machine.machine.command_line = host::CommandLine::parse("intremap=off");
  const Finding finding = judged(machine);
  EXPECT_TRUE(says(finding.evidence, "disabled by intremap=off")) << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "remove intremap=off from")) << finding.remedy;
}

TEST(IrqRemapping, UnsafeInterruptsTakeTheProofAway) {
  Inspection machine = healthy();
  machine.unsafe_interrupts.type1 = true;
  EXPECT_EQ(judged(machine).status, Status::kWarn);

  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  EXPECT_EQ(judged(machine).status, Status::kFail);
  machine.interrupts = host::Error{EACCES, "open /proc/interrupts"};
  EXPECT_EQ(judged(machine).status, Status::kFail);

  machine.unsafe_interrupts = {};
  EXPECT_EQ(judged(machine).status, Status::kUnknown);
}

// Two switches, and only one of them applied to the attachment.
TEST(IrqRemapping, EachSwitchIsNamed) {
  Inspection machine = healthy();
  machine.unsafe_interrupts = {.type1 = false, .iommufd = true};
  const Finding half = judged(machine);
  EXPECT_EQ(half.status, Status::kWarn);
  EXPECT_TRUE(says(half.evidence,
                   "vfio_iommu_type1 has allow_unsafe_interrupts=N, iommufd has "
                   "allow_unsafe_interrupts=Y"))
      << half.evidence;
  machine.unsafe_interrupts = {.type1 = true, .iommufd = false};
  EXPECT_TRUE(says(judged(machine).evidence, "would not refuse")) << judged(machine).evidence;
  machine.unsafe_interrupts = {.type1 = {}, .iommufd = false};
  EXPECT_EQ(judged(machine).status, Status::kPass) << "it serves the container";
}

TEST(IrqRemapping, WhoDoesNotOfferItIsNamed) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  machine.kernel_log = log_of({kKernelSays});
  EXPECT_TRUE(says(judged(machine).evidence, "the kernel did not enable it"));
  EXPECT_TRUE(says(judged(machine).remedy, "dmesg | grep")) << judged(machine).remedy;
  machine.tables[0].table->flags.clear();
  EXPECT_TRUE(says(judged(machine).evidence, "INTR_REMAP is not set in its DMAR"));
  EXPECT_TRUE(says(judged(machine).remedy, "firmware setup"));
  machine.remapping_units[1].able = false;
  EXPECT_TRUE(says(judged(machine).evidence, "ECAP.IR is 0 in dmar1"));
  machine.remapping_units.clear();
  machine.tables = {{"/sys/firmware/acpi/tables/DMAR", host::Error{EACCES, "open DMAR"}}};
  EXPECT_FALSE(says(judged(machine).evidence, "support remapping")) << "nobody was asked";
}

// An AMD machine whose attachment is refused, with these lines in its log.
Inspection refusing_amd(const std::vector<std::string>& lines) {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM);
  std::vector<std::string> log = {
      "IOAPIC[0]: apic_id 33, version 33, address 0xfec00000, GSI 0-23",
      "IOAPIC[1]: apic_id 34, version 33, address 0xfec01000, GSI 24-55"};
  log.insert(log.end(), lines.begin(), lines.end());
  log.emplace_back(kKernelSays);
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

TEST(IrqRemapping, QuotesTheLineThatNamesTheCause) {
  const Finding finding =
      judged(refusing_amd({kNoSouthbridge, "AMD-Vi: Disabling interrupt remapping"}));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.evidence, std::string("the kernel says \"") + kNoSouthbridge + "\""))
      << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "update the firmware")) << finding.remedy;
  EXPECT_TRUE(says(finding.remedy, "ivrs_ioapic=33@0000:00:14.0")) << finding.remedy;
  EXPECT_FALSE(says(finding.remedy, "enable VT-d or AMD-Vi")) << finding.remedy;
  EXPECT_TRUE(says(finding.remedy, "do not set allow_unsafe_interrupts")) << finding.remedy;
}

TEST(IrqRemapping, InAGuestTheIvrsIsNotTheFirmwares) {
  Inspection machine = refusing_amd({kNoSouthbridge});
  machine.platform.in_guest = true;
  EXPECT_TRUE(says(judged(machine).remedy, "intel-iommu,intremap=on")) << judged(machine).remedy;
  EXPECT_FALSE(says(judged(machine).remedy, "ivrs_ioapic")) << judged(machine).remedy;
}

// Without "[Firmware Bug]" the cause is the command line.
TEST(IrqRemapping, TheParameterThatHidesTheIoapicIsNamed) {
  Inspection machine = refusing_amd({"AMD-Vi: : No southbridge IOAPIC found"});
  machine.machine.command_line = host::CommandLine::parse("noapic");
  EXPECT_TRUE(says(judged(machine).remedy, "remove noapic from")) << judged(machine).remedy;
  machine.machine.command_line = host::CommandLine::parse("ivrs_ioapic=4@0000:00:13.0");
  EXPECT_TRUE(says(judged(machine).remedy, "remove ivrs_ioapic=4@0000:00:13.0 from"));
}

TEST(IrqRemapping, EveryReasonOfTheKernelsIsQuoted) {
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
    EXPECT_TRUE(says(judged(refusing_amd({line})).evidence,
                     std::string("the kernel says \"") + line + "\""))
        << judged(refusing_amd({line})).evidence;
  const std::string several =
      judged(refusing_amd({"DMAR-IR: This system BIOS has enabled interrupt "
                           "remapping\\x0aon a chipset that contains"}))
          .evidence;
  EXPECT_FALSE(says(several, "x0a")) << several;
}

// Lines that the kernel logs on a healthy machine must not be quoted as a reason.
TEST(IrqRemapping, OtherLinesAreNoReason) {
  const Finding finding = judged(refusing_amd(
      {"AMD-Vi: Interrupt remapping enabled", "DMAR-IR: Enabled IRQ remapping in x2apic mode",
       "DMAR-IR: x2apic is disabled because BIOS sets x2apic opt out bit."}));
  EXPECT_FALSE(says(finding.evidence, "the kernel says \"AMD")) << finding.evidence;
  EXPECT_FALSE(says(finding.evidence, "the kernel says \"DMAR")) << finding.evidence;
}

TEST(IrqRemapping, WhatContradictsTheAttachmentIsAWarning) {
  Inspection machine = healthy();
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  EXPECT_EQ(judged(machine).status, Status::kWarn);
  EXPECT_TRUE(says(judged(machine).evidence, "0 of 9 interrupts")) << judged(machine).evidence;
  machine.tables.clear();
  EXPECT_EQ(judged(machine).status, Status::kPass) << "other hardware has other chips";
  machine = healthy();
  machine.remapping_units[0].able = false;
  EXPECT_EQ(judged(machine).status, Status::kWarn);
}

TEST(IrqRemapping, ChipsAloneNeverPass) {
  EXPECT_EQ(judged(with_attachment(Step::kOpenGroup, EACCES)).status, Status::kUnknown);

  Inspection direct = with_attachment(Step::kOpenGroup, EACCES);
  direct.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  EXPECT_EQ(judged(direct).status, Status::kFail);

  // intel_iommu=off leaves interrupt remapping enabled.
  Inspection no_iommu = healthy();
  no_iommu.iommus = std::vector<std::string>{};
  no_iommu.groups.clear();
  EXPECT_EQ(judged(no_iommu).status, Status::kSkip);

  Inspection captured = with_attachment(Step::kNotTried, 0);
  captured.groups[0].attachment.reason = "not tested: no device is opened with --root";
  EXPECT_EQ(judged(captured).status, Status::kSkip);
  Inspection unsafe = captured;
  unsafe.unsafe_interrupts.type1 = true;
  EXPECT_EQ(judged(unsafe).status, Status::kWarn);
  EXPECT_TRUE(says(judged(unsafe).evidence, "allow_unsafe_interrupts=Y"));
  captured.interrupts = host::Error{ENOENT, "open /proc/interrupts"};
  EXPECT_EQ(judged(captured).status, Status::kUnknown);
}

TEST(Interrupts, CountsChipsAsLinux612AndLinux61NameThem) {
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

TEST(Interrupts, UnsafeSwitchOfWhoeverServesTheContainer) {
  FakeTree tree;
  EXPECT_FALSE(read_unsafe_interrupts(tree.root(), {}).of_container());
  tree.file("/sys/module/iommufd/parameters/allow_unsafe_interrupts", "Y\n");
  EXPECT_EQ(read_unsafe_interrupts(tree.root(), {}).of_container(), true);
  tree.file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
  EXPECT_EQ(read_unsafe_interrupts(tree.root(), {}).of_container(), false);
  EXPECT_EQ(read_unsafe_interrupts(tree.root(), {}).iommufd, true);
}

// A captured machine may not have loaded the module.
TEST(Interrupts, UnsafeSwitchThatIsSetOnLoad) {
  const auto on_load = [](const FakeTree& tree, const char* command_line = "") {
    return read_unsafe_interrupts(tree.root(), host::CommandLine::parse(command_line)).on_load;
  };
  FakeTree tree;
  EXPECT_TRUE(on_load(tree).empty());
  EXPECT_EQ(on_load(tree, "vfio_iommu_type1.allow_unsafe_interrupts").size(), 1u);
  tree.file("/etc/modprobe.d/a.conf", "options vfio_iommu_type1 allow_unsafe_interrupts=1\n");
  ASSERT_EQ(on_load(tree).size(), 1u);
  EXPECT_TRUE(says(on_load(tree)[0], "=1 from /etc/modprobe.d/a.conf:1")) << on_load(tree)[0];
  EXPECT_TRUE(on_load(tree, "vfio_iommu_type1.allow_unsafe_interrupts=0").empty());
  tree.file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
  EXPECT_TRUE(on_load(tree).empty()) << "it is loaded";

  Inspection machine = healthy();
  machine.groups.front().attachment = {};
  EXPECT_EQ(only(check_irq_remapping(machine)).status, Status::kSkip);
  machine.unsafe_interrupts = {.type1 = {}, .iommufd = {}, .on_load = {"it gets it"}};
  EXPECT_EQ(only(check_irq_remapping(machine)).status, Status::kWarn);
}

TEST(Interrupts, UnitsThatRemapAreKnownByTheirCapabilities) {
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
  EXPECT_TRUE(units[0].able);
  EXPECT_FALSE(units[1].able);
}

}  // namespace
}  // namespace verify
