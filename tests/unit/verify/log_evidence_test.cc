// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of the kernel about the card: each row of the table, the same message about another
// device, and messages that are harmless.
#include "verify/check/log_evidence.h"

#include <regex>

#include "tests/unit/verify/healthy.h"
#include "tests/unit/verify/log_samples.h"
#include "verify/inspect/log/live_marks.h"

namespace verify {
namespace {

constexpr const char* kBoot = "Linux version 6.12.0";

// The first finding of the check on the healthy machine, whose kernel has logged these lines.
Finding with_log(const char* check, const std::vector<std::string>& lines) {
  Inspection machine = healthy();
  // A card whose option ROM could not be read.
  machine.functions.front().hardware.rom.state = hardware::OptionRom::State::kFailed;
  machine.kernel_log = log_of(lines);
  return findings_of(check, machine).front();
}

Finding with_line(const char* check, const std::string& line) {
  return with_log(check, {kBoot, line});
}

std::string about_other_device(const std::string& line) {
  std::string other = std::regex_replace(line, std::regex("01:00\\.0"), "02:00.0");
  other = std::regex_replace(other, std::regex("00:01\\.0"), "00:03.0");
  other = std::regex_replace(other, std::regex("SID 100"), "SID 200");
  return std::regex_replace(other, std::regex("EP 256"), "EP 512");
}

bool is_about_host(const std::string& check) {
  return check == "iommu.present" || check == "iommu.firmware" || check == "guest.memlock";
}

TEST(LogEvidence, CheckQuotesLine) {
  for (const LogSample& sample : kLogSamples) {
    const std::string line = sample.line;
    const Status before = with_log(sample.check, {kBoot}).status;
    EXPECT_NE(before, Status::kWarn) << sample.check;
    const Finding finding = with_line(sample.check, line);
    EXPECT_EQ(finding.status, Status::kWarn) << line;
    EXPECT_TRUE(has_text(finding.evidence, "\"" + line.substr(0, line.find("\\x0a")) + "\""))
        << finding.evidence;
    EXPECT_FALSE(finding.remedy.empty()) << line;
  }
}

TEST(LogEvidence, LineAboutOtherDeviceDoesNotCount) {
  for (const LogSample& sample : kLogSamples) {
    if (is_about_host(sample.check)) continue;
    const Finding finding = with_line(sample.check, about_other_device(sample.line));
    EXPECT_EQ(finding.evidence, with_log(sample.check, {kBoot, "another line"}).evidence);
    EXPECT_NE(finding.status, Status::kWarn) << sample.line;
  }
}

TEST(LogEvidence, EveryRowHasSample) {
  for (const LogEvidence& row : log_evidence()) {
    // CorrectedErrorsCountFromTen, PassIsNewerThanLog and EventOfSmmuIsFoundByStreamId test these.
    if (row.limits.least > 1 || row.words == "Cannot bind to PF with SR-IOV enabled" ||
        row.limits.also == ": event 0x")
      continue;
    const bool found =
        std::any_of(std::begin(kLogSamples), std::end(kLogSamples), [&](const LogSample& sample) {
          const std::string line = sample.line;
          return std::string(row.check) == sample.check && line.find(row.words) != line.npos &&
                 line.find(row.limits.also) != line.npos;
        });
    EXPECT_TRUE(found) << row.check << ": " << row.words;
  }
}

TEST(LogEvidence, EveryRowNamesCheck) {
  for (const LogEvidence& row : log_evidence()) EXPECT_NE(find_check(row.check), nullptr);
}

TEST(LogEvidence, HarmlessLinesDoNotCount) {
  for (const char* line : {
           "vfio-pci 0000:01:00.0: enabling device (0000 -> 0003)",
           "vfio-pci 0000:01:00.0: resetting",
           "vfio-pci 0000:01:00.0: reset done",
           "vfio-pci 0000:01:00.0: ready 4095ms after FLR",
           "vfio-pci 0000:01:00.0: vfio_ecap_init: hiding ecap 0x19@0x900",
           "vfio-pci 0000:01:00.0: Masking broken INTx support",
           "pci 0000:01:00.0: BAR 1 [mem 0x4000000000-0x400fffffff 64bit pref]: assigned",
           "pci 0000:01:00.0: Adding to iommu group 4",
           "DMAR: DRHD: handling fault status reg 3",
           "DMAR: Host address width 39",
           "DMAR-IR: Enabled IRQ remapping in x2apic mode",
           "AMD-Vi: Unable to read/write to IOMMU perf counter.",
           "AMD-Vi: [Firmware Warn]: EFR mismatch. Use IVHD EFR (0x1 : 0x2), EFR2 (0x0 : 0x0).",
           "pcieport 0000:00:01.0: AER: enabled with IRQ 122",
           // programs, which can write to the log, too
           "systemd[1]: 0000:01:00.0: not ready 65535ms after FLR; giving up",
           "vfio-early: gaming: 0000:01:00.0: BAR 1: can't reserve [mem 0x1-0x2]",
       })
    for (const char* check :
         {"iommu.present", "iommu.firmware", "iommu.reserved", "iommu.faults", "bind.driver",
          "power.state", "reset.method", "link.errors", "bar.free"})
      EXPECT_EQ(with_line(check, line).status, Status::kPass) << check << ": " << line;
}

TEST(LogEvidence, LinesAreCountedAndTheLastIsQuoted) {
  const Finding finding = with_log(
      "reset.method", {kBoot, "vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up",
                       "vfio-pci 0000:01:00.0: not ready 65535ms after bus reset; giving up"});
  EXPECT_TRUE(has_text(finding.evidence, "after bus reset; giving up\" (2 such lines): the card"))
      << finding.evidence;
}

// A reset that takes some seconds, but succeeds.
TEST(LogEvidence, SlowResetPasses) {
  EXPECT_EQ(
      with_log("reset.method", {kBoot, "vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting",
                                "vfio-pci 0000:01:00.0: not ready 2047ms after FLR; waiting",
                                "vfio-pci 0000:01:00.0: ready 4095ms after FLR"})
          .status,
      Status::kPass);
}

// The audio function shares the link: only the first function gets the port's messages.
TEST(LogEvidence, ErrorOfLinkIsReportedOnce) {
  Inspection machine = healthy();
  machine.kernel_log =
      log_of({kBoot, "pcieport 0000:00:01.0: DPC: containment event, status:0x1f01 source:0x0000"});
  const Findings findings = findings_of("link.errors", machine);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].status, Status::kWarn);
  EXPECT_EQ(findings[1].status, Status::kPass);
}

TEST(LogEvidence, ResumeIsNoReset) {
  EXPECT_EQ(
      with_line("reset.method", "vfio-pci 0000:01:00.0: not ready 65535ms after resume; giving up")
          .status,
      Status::kPass);
}

// One corrected error is harmless; a link with many should be checked.
TEST(LogEvidence, CorrectedErrorsCountFromTen) {
  const std::vector<std::string> errors = {
      "vfio-pci 0000:01:00.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, "
      "(Receiver ID)",
      "pcieport 0000:00:01.0: AER: Correctable error message received from 0000:01:00.0"};
  for (const std::string& error : errors) {
    std::vector<std::string> log(10, error);
    log.front() = kBoot;
    EXPECT_EQ(with_log("link.errors", log).status, Status::kPass) << error;
    log.push_back(error);
    EXPECT_EQ(with_log("link.errors", log).status, Status::kWarn) << error;
  }
}

// SMMUv3 before Linux 6.14: the number after the message is 0x100, the requester ID of 01:00.0.
TEST(LogEvidence, EventOfSmmuIsFoundByStreamId) {
  const std::string head = "arm-smmu-v3 arm-smmu-v3.0.auto: ";
  const auto status_with = [&](const std::string& word) {
    return with_log("iommu.faults", {kBoot, head + "event 0x10 received:", head + "\\x090x" + word,
                                     head + "\\x090x0000020800000000"})
        .status;
  };
  EXPECT_EQ(status_with("0000010000000010"), Status::kWarn);
  EXPECT_EQ(status_with("0000020000000010"), Status::kPass);
}

// --live writes a line before and after the test.
TEST(LogEvidence, FaultOfLiveTestDoesNotCount) {
  const std::string fault =
      "DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0x110000 [fault reason 0x05] "
      "PTE Write access is not set";
  const std::string begins = std::string(kLiveTestBegins) + "0000:01:00.0";
  const std::string ended = std::string(kLiveTestEnded) + "0000:01:00.0";
  const auto status_of = [](const std::vector<host::LogLine>& log) {
    Inspection machine = healthy();
    machine.kernel_log = log;
    return findings_of("iommu.faults", machine).front().status;
  };
  EXPECT_EQ(status_of({{0, 1, kBoot}, {1, 10, begins}, {2, 20, fault}, {3, 30, ended}}),
            Status::kPass);
  EXPECT_EQ(status_of({{0, 1, kBoot}, {1, 10, begins}, {2, 20, ended}, {3, 30, fault}}),
            Status::kWarn);
  EXPECT_EQ(status_of({{0, 1, kBoot}, {1, 10, fault}, {2, 20, begins}, {3, 30, ended}}),
            Status::kWarn);
  const std::string other = std::string(kLiveTestBegins) + "0000:02:00.0";
  EXPECT_EQ(status_of({{0, 1, kBoot}, {1, 10, other}, {2, 20, fault}}), Status::kWarn);
  // The test was killed.
  EXPECT_EQ(status_of({{0, 1, kBoot}, {1, 10, begins}, {2, 100'000'000, fault}}), Status::kWarn);
  // Only the faults are caused on purpose.
  EXPECT_EQ(
      with_log("reset.method",
               {kBoot, begins, "vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up"})
          .status,
      Status::kWarn);
}

// Without a domain, "01:00.0" may be either of two functions.
TEST(LogEvidence, AmbiguousNameDoesNotCount) {
  Inspection machine = healthy();
  machine.kernel_log =
      log_of({kBoot,
              "DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x0 [fault reason "
              "0x06] PTE Read access is not set"});
  EXPECT_EQ(findings_of("iommu.faults", machine).front().status, Status::kWarn);
  machine.machine.functions.push_back(
      pci_function("0001:01:00.0", {0x10de, 0x1b81, 0, 0}, 0x030000, "nvidia"));
  machine.kernel_log->push_back({2, 3'000'000, "end"});  // a log of another size is read again
  EXPECT_EQ(findings_of("iommu.faults", machine).front().status, Status::kPass);
}

// Bound later, after the virtual functions were removed.
TEST(LogEvidence, PassIsNewerThanLog) {
  const std::string line = "vfio-pci 0000:01:00.0: Cannot bind to PF with SR-IOV enabled";
  EXPECT_EQ(with_line("bind.driver", line).status, Status::kPass);
  Inspection machine = healthy();
  machine.functions.front().function.driver.clear();
  machine.kernel_log = log_of({kBoot, line});
  const Finding finding = findings_of("bind.driver", machine).front();
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, line)) << finding.evidence;
}

// Devices behind Intel's VMD have domains of five digits.
TEST(LogEvidence, LongerAddressIsAnotherFunction) {
  const std::string tail = ": Unable to change power state from D3cold to D0, device inaccessible";
  EXPECT_EQ(with_line("power.state", "nvme 0000:01:00.0" + tail).status, Status::kWarn);
  EXPECT_EQ(with_line("power.state", "nvme 10000:01:00.0" + tail).status, Status::kPass);
}

TEST(LogEvidence, FailureStaysAndKeepsItsRemedy) {
  Inspection machine = healthy();
  machine.functions.front().hardware.reset.names.clear();
  const Finding before = findings_of("reset.method", machine).front();
  machine.kernel_log->push_back(
      {9, 9, "vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up"});
  const Finding after = findings_of("reset.method", machine).front();
  EXPECT_EQ(after.status, before.status);
  EXPECT_TRUE(has_text(after.evidence, "giving up")) << after.evidence;
}

// A line may not turn an inconclusive report into a passed one.
TEST(LogEvidence, UnknownStaysIfItDecides) {
  Inspection machine = healthy();
  machine.functions.front().bar_regions = host::Error{EACCES, "open /proc/iomem"};
  machine.kernel_log->push_back(
      {5, 5, "vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0x4000000000-0x400fffffff]"});
  const Finding finding = findings_of("bar.free", machine).front();
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "can't reserve")) << finding.evidence;
}

TEST(LogEvidence, MissingLogIsUnknown) {
  Inspection machine = healthy();
  machine.kernel_log = host::Error{EPERM, "open /dev/kmsg"};
  for (const char* check : {"iommu.faults", "link.errors"})
    EXPECT_EQ(findings_of(check, machine).front().status, Status::kUnknown) << check;
  machine.kernel_log = log_of({kBoot});
  machine.kernel_log->front().sequence = 1000;
  EXPECT_EQ(findings_of("iommu.faults", machine).front().status, Status::kUnknown);
}

}  // namespace
}  // namespace verify
