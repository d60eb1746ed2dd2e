// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/firmware_samples.h"
#include "tests/unit/verify/healthy.h"
#include "verify/trial/kvm_trial.h"

namespace verify {
namespace {

Inspection intel_without_iommu() {
  Inspection machine = without_iommu();
  machine.platform.cpu_vendor = "GenuineIntel";
  return machine;
}

TEST(IommuPresent, DistinguishesDisabledFromMissing) {
  Inspection machine = intel_without_iommu();
  EXPECT_TRUE(has_text(only_finding(findings_of("iommu.present", machine)).evidence,
                       "the hardware has no IOMMU"));
  machine.platform.virtualization = true;
  EXPECT_TRUE(has_text(only_finding(findings_of("iommu.present", machine)).evidence,
                       "the IOMMU is probably disabled"));
  machine.machine.functions.push_back(
      pci_function("0000:00:00.2", {0x1022, 0x1481, 0, 0}, 0x080600, ""));
  EXPECT_TRUE(has_text(only_finding(findings_of("iommu.present", machine)).evidence,
                       "0000:00:00.2 is an IOMMU"));
  machine.platform.in_guest = true;
  EXPECT_TRUE(
      has_text(only_finding(findings_of("iommu.present", machine)).remedy, "a virtual IOMMU"));
}

TEST(IommuFirmware, SummarisesTheTables) {
  EXPECT_EQ(only_finding(findings_of("iommu.firmware", healthy())).evidence,
            "DMAR: 0 units, 0 reservations, interrupt remapping");
  EXPECT_EQ(only_finding(findings_of("iommu.firmware", intel_without_iommu())).status,
            Status::kFail);

  Inspection machine = healthy();
  machine.tables[0].table->faults = {{0x52, "RMRR", "its length is 255"}};
  const Finding finding = only_finding(findings_of("iommu.firmware", machine));
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.evidence, "malformed at offset 0x52, RMRR")) << finding.evidence;
}

// QEMU 11 and most firmware describe an AMD IOMMU twice, as IVHD 10h and 11h.
TEST(IommuFirmware, DuplicateIommuIsCountedOnce) {
  using firmware::Structure;
  Inspection machine = healthy();
  firmware::Table table{.signature = "IVRS"};
  const auto add = [&](const char* name, uint64_t base, uint16_t device) {
    table.structures.push_back({.role = Structure::Role::kUnit,
                                .name = name,
                                .segment = 0,
                                .base = base,
                                .device = device});
  };
  add("IVHD 10h", 0xfed80000, 0x10);
  add("IVHD 11h", 0xfed80000, 0x10);
  machine.tables[0].table = table;
  EXPECT_EQ(only_finding(findings_of("iommu.firmware", machine)).evidence,
            "IVRS: 1 unit, 0 reservations");
  add("IVHD 10h", 0xfed90000, 0x10);
  machine.tables[0].table = table;
  EXPECT_EQ(only_finding(findings_of("iommu.firmware", machine)).evidence,
            "IVRS: 2 units, 0 reservations");
}

// The kernel's IOMMU proves that the firmware has the table.
TEST(IommuFirmware, MissingTableOfTheActiveIommuIsUnknown) {
  Inspection machine = healthy();
  machine.tables.clear();
  machine.from_tree = true;
  const Finding finding = only_finding(findings_of("iommu.firmware", machine));
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "/sys/firmware/acpi/tables/DMAR is not found"))
      << finding.evidence;
  EXPECT_EQ(finding.remedy, kCaptureAsRoot);
  machine.iommus = std::vector<std::string>{"smmu3.0x0000000009050000"};
  EXPECT_EQ(only_finding(findings_of("iommu.firmware", machine)).status, Status::kSkip);
}

TEST(IommuFirmware, EmptyTableIsUnknown) {
  Inspection machine = healthy();
  machine.from_tree = true;
  machine.tables[0].table = firmware::parse_table({});
  for (const char* id : {"iommu.firmware", "irq.x2apic"})
    EXPECT_EQ(only_finding(findings_of(id, machine)).status, Status::kUnknown) << id;
  const Finding finding = only_finding(findings_of("iommu.firmware", machine));
  EXPECT_TRUE(has_text(finding.evidence, "/sys/firmware/acpi/tables/DMAR is not a firmware table"))
      << finding.evidence;
}

TEST(IommuFirmware, UnreadableTableIsUnknown) {
  Inspection machine = healthy();
  machine.tables[0].table = host::Error{EACCES, "open /sys/firmware/acpi/tables/DMAR"};
  EXPECT_EQ(only_finding(findings_of("iommu.firmware", machine)).status, Status::kUnknown);
  EXPECT_EQ(only_finding(findings_of("irq.x2apic", machine)).status, Status::kUnknown);
}

TEST(IrqX2apic, FirmwareOptOutWarns) {
  Inspection machine = healthy();
  EXPECT_EQ(only_finding(findings_of("irq.x2apic", machine)).status, Status::kPass);
  machine.tables[0].table = firmware::parse_table(samples::dmar());
  const Finding finding = only_finding(findings_of("irq.x2apic", machine));
  EXPECT_EQ(finding.status, Status::kWarn);
  EXPECT_TRUE(has_text(finding.remedy, "intremap=no_x2apic_optout")) << finding.remedy;
  machine.tables[0].table = healthy_table();
  machine.tables[0].table->faults = {{0x52, "RMRR", "its length is 255"}};
  EXPECT_EQ(only_finding(findings_of("irq.x2apic", machine)).status, Status::kUnknown);
  machine.tables.clear();
  EXPECT_EQ(only_finding(findings_of("irq.x2apic", machine)).status, Status::kUnknown);
  machine.iommus = std::vector<std::string>{"ivhd0"};
  EXPECT_EQ(only_finding(findings_of("irq.x2apic", machine)).status, Status::kSkip);
}

TEST(IommuReserved, OnlyDirectRegionFails) {
  Inspection machine = healthy();
  machine.groups[0].reserved = {{0xfee00000, 0xfeefffff, "msi"}};
  EXPECT_EQ(findings_of("iommu.reserved", machine)[0].status, Status::kPass);
  machine.groups[0].reserved = {{0x7c000000, 0x7dffffff, "direct-relaxable"}};
  EXPECT_EQ(findings_of("iommu.reserved", machine)[0].status, Status::kPass);
  machine.groups[0].reserved = {{0x7c000000, 0x7dffffff, "direct"}};
  EXPECT_EQ(findings_of("iommu.reserved", machine)[0].status, Status::kFail);
  machine.groups[0].reserved_unreadable = host::Error{EACCES, "open reserved_regions"};
  EXPECT_EQ(findings_of("iommu.reserved", machine)[0].status, Status::kUnknown);
}

TEST(IommuReserved, NamesTheFirmwareStructure) {
  Inspection machine = healthy();
  machine.groups[0].reserved = {{0x7c000000, 0x7dffffff, "direct"}};
  machine.tables[0].table = firmware::parse_table(samples::dmar());
  machine.machine.functions[0].path = host::PciPath::parse("0000:00/01.0/00.0");
  const Finding finding = findings_of("iommu.reserved", machine)[0];
  EXPECT_TRUE(
      has_text(finding.evidence, "0x7c000000 to 0x7dffffff (RMRR 0x7c000000 to 0x7dffffff)"))
      << finding.evidence;
}

TEST(IommuDomain, ExplainsTheDomainType) {
  Inspection machine = healthy();
  machine.groups[0].type = "DMA-FQ";
  EXPECT_EQ(only_finding(findings_of("iommu.domain", machine)).evidence,
            "DMA-FQ: translated, lazily unmapped");
  machine.groups[0].type = "";
  EXPECT_EQ(only_finding(findings_of("iommu.domain", machine)).status, Status::kUnknown);
}

struct Case {
  KvmStep step;
  int code;
  bool virtualization;
  Status status;
  const char* words;
};

TEST(GuestKvm, EachErrorIsExplained) {
  const Case cases[] = {
      {KvmStep::kOpenDevice, EACCES, true, Status::kUnknown, "group kvm"},
      {KvmStep::kOpenDevice, ENOENT, true, Status::kWarn, "modprobe kvm_intel"},
      {KvmStep::kOpenDevice, ENOENT, false, Status::kFail, "disabled in the firmware setup"},
      {KvmStep::kCreateMachine, EBUSY, true, Status::kFail, "another hypervisor"},
      {KvmStep::kCreateMachine, ETIMEDOUT, true, Status::kUnknown, "did not answer"},
      {KvmStep::kCreateMachine, EIO, true, Status::kFail, "Input/output error"},
  };
  for (const Case& c : cases) {
    Inspection machine = healthy();
    machine.platform.cpu_vendor = "GenuineIntel";
    machine.platform.virtualization = c.virtualization;
    machine.kvm = KvmTrial{c.step, {c.code, "the step"}};
    const Finding finding = only_finding(findings_of("guest.kvm", machine));
    EXPECT_EQ(finding.status, c.status) << finding.evidence;
    EXPECT_TRUE(has_text(finding.evidence + finding.remedy, c.words))
        << finding.evidence << finding.remedy;
  }
}

TEST(GuestKvm, NamesGuestsWithEncryptedMemory) {
  FakeTree tree;
  tree.file("/proc/cpuinfo",
            "vendor_id\t: AuthenticAMD\naddress sizes\t: 52 bits physical, 57 bits "
            "virtual\nflags\t: svm\n");
  tree.file("/sys/module/kvm_amd/parameters/sev", "Y\n");
  tree.file("/sys/module/kvm_amd/parameters/sev_es", "N\n");
  tree.file("/sys/module/kvm_amd/parameters/sev_snp", "Y\n");
  Inspection machine = healthy();
  machine.platform = host::read_platform(tree.root());
  EXPECT_EQ(machine.platform.address_bits, 52);
  EXPECT_EQ(only_finding(findings_of("guest.kvm", machine)).evidence,
            "a virtual machine could be created; in a guest with encrypted memory (SEV, SEV-SNP) "
            "the card reaches only shared memory");
  machine.platform.encrypted_guests.clear();
  EXPECT_EQ(only_finding(findings_of("guest.kvm", machine)).evidence,
            "a virtual machine could be created");
}

TEST(GuestKvm, MissingKvmWarnsInGuest) {
  Inspection machine = healthy();
  machine.platform.in_guest = true;
  machine.kvm = KvmTrial{KvmStep::kOpenDevice, {ENOENT, "open /dev/kvm"}};
  EXPECT_EQ(only_finding(findings_of("guest.kvm", machine)).status, Status::kWarn);
}

TEST(GuestKvm, MissingDeviceIsReported) {
  const KvmTrial trial = try_kvm(FakeTree().root());
  EXPECT_EQ(trial.ended_at, KvmStep::kOpenDevice);
  EXPECT_EQ(trial.error.code, ENOENT);
  EXPECT_EQ(trial.error.step, "open /dev/kvm");
}

TEST(HostLockdown, OnlyConfidentialityWarns) {
  Inspection machine = healthy();
  EXPECT_EQ(only_finding(findings_of("host.lockdown", machine)).status, Status::kPass);
  machine.lockdown = std::string("none [integrity] confidentiality");
  EXPECT_EQ(only_finding(findings_of("host.lockdown", machine)).status, Status::kPass);
  machine.lockdown = std::string("none integrity [confidentiality]");
  EXPECT_EQ(only_finding(findings_of("host.lockdown", machine)).status, Status::kWarn);
  machine.lockdown = host::Error{ENOENT, "open /sys/kernel/security/lockdown"};
  EXPECT_EQ(only_finding(findings_of("host.lockdown", machine)).status, Status::kSkip);
  machine.lockdown = host::Error{EACCES, "open /sys/kernel/security/lockdown"};
  EXPECT_EQ(only_finding(findings_of("host.lockdown", machine)).status, Status::kUnknown);
}

TEST(Platform, ReadsTheProcessor) {
  FakeTree tree;
  tree.file("/proc/cpuinfo",
            "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu svm hypervisor\n\n"
            "processor\t: 1\nvendor_id\t: Other\nflags\t\t: vmx\n");
  const host::Platform platform = host::read_platform(tree.root());
  EXPECT_EQ(platform.cpu_vendor, "AuthenticAMD");
  EXPECT_TRUE(platform.virtualization);
  EXPECT_TRUE(platform.in_guest);
}

}  // namespace
}  // namespace verify
