// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the answers of a device in a live trial are judged. Only a kernel with a device can show that
// it gives them: tests/boot.
#include "verify/trial/live/live.h"

#include <nlohmann/json.hpp>

#include "tests/unit/verify/healthy.h"
#include "verify/report/report.h"
#include "verify/trial/live/cycles.h"
#include "verify/trial/probes/probe.h"

namespace verify {
namespace {

constexpr const char* kDenials[] = {"dma.blocked.unmapped", "dma.blocked.physical",
                                    "dma.blocked.readonly", "dma.blocked.revoked", "dma.remapped"};

Inspection with_live(LiveTrial trial) {
  Inspection machine = healthy();
  machine.live = {std::move(trial)};
  return machine;
}

LiveTrial with_denial(NegativeTest negative_test) {
  LiveTrial trial = healthy_live();
  trial.unmapped = trial.physical = trial.readonly = trial.revoked = trial.remapped = negative_test;
  return trial;
}

TEST(Live, IsSkippedWithoutRequest) {
  Inspection machine = healthy();
  machine.live.reset();
  EXPECT_EQ(only_finding(findings_of("dma.read", machine)).status, Status::kSkip);
  machine.live.emplace();
  EXPECT_TRUE(has_text(only_finding(findings_of("irq.delivered", machine)).evidence,
                       "no testable function"));
}

// If the user asked for the proof and no function was tested, the verdict must not be a pass.
TEST(Live, NoTestedFunctionIsUnknown) {
  Inspection machine = healthy();
  EXPECT_EQ(verdict(run_checks(machine)), Status::kPass);
  machine.live.emplace();
  EXPECT_EQ(only_finding(findings_of("dma.read", machine)).status, Status::kUnknown);
  EXPECT_EQ(verdict(run_checks(machine)), Status::kUnknown);
  LiveTrial skipped = healthy_live();
  skipped.not_run = "its group is not attached";
  machine.live = {skipped};
  EXPECT_EQ(verdict(run_checks(machine)), Status::kUnknown);
  const Findings findings = run_checks(machine);
  EXPECT_TRUE(has_text(report_text({.arguments = {}, .inspection = machine, .findings = findings}),
                       "no function was tested"));
  machine.live = {skipped, healthy_live()};
  EXPECT_EQ(verdict(run_checks(machine)), Status::kPass) << "one will do";
  machine.live.reset();
  EXPECT_EQ(verdict(run_checks(machine)), Status::kPass) << "nobody asked";
}

TEST(Live, ChangedMemoryAlwaysFails) {
  for (const bool alive : {true, false})
    for (const char* id : kDenials) {
      const Finding finding = only_finding(findings_of(
          id, with_live(with_denial({.before = alive, .changed = true, .after = alive}))));
      EXPECT_EQ(finding.status, Status::kFail) << finding.evidence;
    }
}

// A hung controller would pass every negative test.
TEST(Live, DeadDeviceIsUnknown) {
  for (const NegativeTest& dead :
       {NegativeTest{.before = false, .after = true}, NegativeTest{.before = true}})
    for (const char* id : kDenials)
      EXPECT_EQ(only_finding(findings_of(id, with_live(with_denial(dead)))).status,
                Status::kUnknown);
}

TEST(Live, UntestedDenialDoesNotPass) {
  for (const char* id : kDenials) {
    const host::Error gone = {EIO, "find the registers"}, far = {ERANGE, "28-bit addresses"};
    EXPECT_EQ(
        only_finding(findings_of(id, with_live(with_denial({true, false, true, gone, ""})))).status,
        Status::kUnknown);
    EXPECT_EQ(
        only_finding(findings_of(id, with_live(with_denial({true, false, true, far, ""})))).status,
        Status::kSkip);
    EXPECT_EQ(
        only_finding(findings_of(id, with_live(with_denial({true, true, true, far, ""})))).status,
        Status::kFail);
  }
}

TEST(Live, IommuBypassFailsOnce) {
  LiveTrial trial = healthy_live();
  trial.obstacle = host::Error{0, "the virtio GPU bypasses the IOMMU"};
  trial.bypasses_iommu = true;
  const Inspection machine = with_live(trial);
  EXPECT_EQ(only_finding(findings_of("dma.blocked.physical", machine)).status, Status::kFail);
  EXPECT_TRUE(has_text(only_finding(findings_of("dma.blocked.physical", machine)).remedy,
                       "do not give this card to a guest"));
  EXPECT_EQ(only_finding(findings_of("dma.read", machine)).status, Status::kSkip);
  EXPECT_EQ(only_finding(findings_of("irq.delivered", machine)).cause, "dma.blocked.physical");
}

TEST(Live, UnsupportedDeviceIsSkipped) {
  LiveTrial trial = healthy_live();
  trial.obstacle = host::Error{ENOTSUP, "an NVMe controller without pages of 4 KiB"};
  EXPECT_EQ(only_finding(findings_of("dma.write", with_live(trial))).status, Status::kSkip);
  EXPECT_EQ(only_finding(findings_of("dma.blocked.physical", with_live(trial))).status,
            Status::kSkip);
  EXPECT_EQ(verdict(run_checks(with_live(trial))), Status::kUnknown) << "in vain";
}

TEST(Live, LoggedFaultIsOptionalEvidence) {
  const auto finding = [](const char* fault) {
    return only_finding(findings_of("dma.blocked.unmapped",
                                    with_live(with_denial({true, false, true, {}, fault}))));
  };
  EXPECT_EQ(finding("").status, Status::kPass);
  EXPECT_TRUE(
      has_text(finding("DMAR: [DMA Write").evidence, "the kernel logged: DMAR: [DMA Write"));
}

TEST(Live, WrongAnswersFailAndRestIsUnknown) {
  for (const std::vector<uint64_t>& answers : std::vector<std::vector<uint64_t>>{
           {}, {1, 2, 1}, {0, 0, 0, 0}, {1, 1, 1, 1}, {1, 2, 2, 1}}) {
    LiveTrial trial = healthy_live();
    trial.answers = answers;
    const Inspection machine = with_live(trial);
    EXPECT_EQ(only_finding(findings_of("dma.read", machine)).status, Status::kFail);
    EXPECT_EQ(only_finding(findings_of("dma.write", machine)).status, Status::kFail);
    for (const char* id : kDenials)
      EXPECT_EQ(only_finding(findings_of(id, machine)).status, Status::kUnknown);
    EXPECT_EQ(only_finding(findings_of("irq.delivered", machine)).status, Status::kUnknown);
  }
}

// QEMU 7.2's amd-iommu blocks a device behind a port: every check reports that the device did not
// answer.
TEST(Live, EveryCheckReportsSilentDevice) {
  LiveTrial trial = healthy_live();
  trial.answers = {0, 0, 0, 0};
  trial.unmapped = trial.physical = trial.readonly = trial.revoked = trial.remapped = {};
  trial.high.reset();
  trial.interrupts.clear();
  Inspection machine = with_live(trial);
  const Finding read = only_finding(findings_of("dma.read", machine));
  EXPECT_EQ(read.status, Status::kFail);
  EXPECT_TRUE(has_text(read.evidence, "did not answer")) << read.evidence;
  EXPECT_FALSE(has_text(read.evidence, "understand")) << read.evidence;
  EXPECT_EQ(only_finding(findings_of("dma.write", machine)).evidence, "0 of 4 answers arrived");
  for (const char* id : kDenials) {
    EXPECT_EQ(only_finding(findings_of(id, machine)).evidence, "the device did not answer");
    EXPECT_EQ(only_finding(findings_of(id, machine)).cause, "dma.write");
  }
  machine.platform.in_guest = true;
  EXPECT_FALSE(has_text(only_finding(findings_of("dma.read", machine)).remedy, "amd-iommu"))
      << "it is Intel's";
  firmware::Table ivrs;
  ivrs.signature = "IVRS";
  machine.tables = {{"/sys/firmware/acpi/tables/IVRS", ivrs}};
  EXPECT_TRUE(has_text(only_finding(findings_of("dma.read", machine)).remedy, "root bus"))
      << "QEMU 7.2";
}

TEST(Live, MissingCodecIsUnknown) {
  LiveTrial trial;
  trial.address = kAudio;
  trial.obstacle = host::Error{ENOMEDIUM, "find a codec"};
  const Finding finding = only_finding(findings_of("dma.read", with_live(trial)));
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.remedy, "monitor")) << finding.remedy;
}

TEST(Live, RefusedIommufdBindFails) {
  LiveTrial trial;
  trial.address = kAudio;
  trial.backend = Backend::kIommufd;
  trial.ended_at = LiveStep::kBindIommufd;
  trial.obstacle = host::Error{EPERM, "the step"};
  const Finding finding = only_finding(findings_of("dma.read", with_live(trial)));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "interrupts are not remapped")) << finding.evidence;
  EXPECT_EQ(finding.cause, "irq.remapping");
}

// Stock kernels 7.x have no iommufd: a remedy must not recommend it or anything else that is
// missing.
TEST(Live, MissingIommufdSuggestsType1) {
  LiveTrial trial;
  trial.address = kAudio;
  trial.backend = Backend::kIommufd;
  trial.obstacle = host::Error{ENOENT, "open /dev/iommu"};
  trial.backend_named = true;
  const Finding named = only_finding(findings_of("dma.read", with_live(trial)));
  EXPECT_EQ(named.status, Status::kUnknown);
  EXPECT_TRUE(has_text(named.remedy, "--backend type1")) << named.remedy;
  trial.backend_named = false;
  const Finding taken = only_finding(findings_of("dma.read", with_live(trial)));
  EXPECT_TRUE(has_text(taken.remedy, "modprobe vfio_iommu_type1")) << taken.remedy;
  EXPECT_FALSE(has_text(taken.remedy, "--backend")) << taken.remedy;
}

// The device cgroup of a container refuses with the same error, for another reason.
TEST(Live, RefusedIommufdOpenIsUnknown) {
  LiveTrial trial;
  trial.address = kAudio;
  trial.backend = Backend::kIommufd;
  trial.obstacle = host::Error{EPERM, "open /dev/iommu"};
  EXPECT_EQ(only_finding(findings_of("dma.read", with_live(trial))).status, Status::kUnknown);
}

TEST(Live, BusyDeviceIsSkipped) {
  LiveTrial trial;
  trial.address = kAudio;
  trial.backend = Backend::kIommufd;
  trial.ended_at = LiveStep::kBindIommufd;
  trial.obstacle = host::Error{EBUSY, "the step"};
  const Finding held = only_finding(findings_of("dma.write", with_live(trial)));
  EXPECT_EQ(held.status, Status::kSkip);
  EXPECT_TRUE(has_text(held.evidence, "a guest or another program uses it")) << held.evidence;
  EXPECT_FALSE(trial.was_run());
  trial.obstacle->code = EINVAL;
  const Finding likely = only_finding(findings_of("dma.write", with_live(trial)));
  EXPECT_EQ(likely.status, Status::kUnknown);
  EXPECT_TRUE(has_text(likely.evidence, "uses it through iommufd")) << likely.evidence;
}

TEST(Live, DeviceThatFallsSilentIsReported) {
  LiveTrial trial = healthy_live();
  trial.unmapped = trial.physical = trial.readonly = trial.revoked = trial.remapped = {};
  trial.high.reset();
  trial.interrupts.clear();
  trial.stopped_answering = true;
  const Inspection machine = with_live(trial);
  EXPECT_EQ(only_finding(findings_of("dma.write", machine)).status, Status::kPass);
  for (const char* id :
       {"dma.blocked.unmapped", "dma.blocked.physical", "dma.high", "irq.delivered"}) {
    const Finding finding = only_finding(findings_of(id, machine));
    EXPECT_EQ(finding.status, Status::kUnknown);
    EXPECT_TRUE(has_text(finding.evidence, "answered at first, but not after it was restarted"))
        << finding.evidence;
  }
}

TEST(Live, AnAnswerInNeitherPageFails) {
  LiveTrial trial = healthy_live();
  trial.arrived_at_new_page = false;
  EXPECT_EQ(only_finding(findings_of("dma.remapped", with_live(trial))).status, Status::kFail);
}

TEST(Live, InterruptCountAndChipDecide) {
  const auto result_for = [](const LiveInterrupts& interrupts) {
    LiveTrial trial = healthy_live();
    trial.interrupts = {interrupts};
    return only_finding(findings_of("irq.delivered", with_live(trial))).status;
  };
  EXPECT_EQ(result_for({"MSI", 3, 3, "IR-PCI-MSI-0000:01:00.1"}), Status::kPass);
  EXPECT_EQ(result_for({"MSI", 3, 2, "IR-PCI-MSI"}), Status::kFail);
  EXPECT_EQ(result_for({"MSI", 3, 4, "IR-PCI-MSI"}), Status::kFail);
  EXPECT_EQ(result_for({"MSI", 3, 3, "PCI-MSI"}), Status::kWarn);
  EXPECT_EQ(result_for({"MSI", 3, 3, ""}), Status::kUnknown);
  EXPECT_EQ(result_for({"INTx", 3, 1, "IR-IO-APIC"}), Status::kFail) << "it has nothing else";
}

TEST(Live, WorstInterruptKindIsReported) {
  const LiveInterrupts direct = {"MSI-X", 3, 3, "PCI-MSIX", {}},
                       lost = {"MSI", 3, 0, "PCI-MSI", {}}, unseen = {"MSI", 3, 3, "", {}},
                       pin = {"INTx", 3, 0, "IO-APIC", {}};
  const auto result_for = [](const std::vector<LiveInterrupts>& kinds) {
    LiveTrial trial = healthy_live();
    trial.interrupts = kinds;
    return only_finding(findings_of("irq.delivered", with_live(trial))).status;
  };
  EXPECT_EQ(result_for({direct, lost, pin}), Status::kFail);
  EXPECT_EQ(result_for({direct, unseen, pin}), Status::kUnknown);
  EXPECT_EQ(result_for({direct, pin}), Status::kWarn);
}

TEST(Live, FailingIntxBesideMsiWarns) {
  LiveTrial trial = healthy_live();
  trial.interrupts.clear();
  EXPECT_EQ(only_finding(findings_of("irq.delivered", with_live(trial))).status, Status::kSkip);
  for (const LiveInterrupts& pin :
       {LiveInterrupts{"INTx", 3, 1, "IR-IO-APIC", {}}, LiveInterrupts{"INTx", 3, 3, "IO-APIC", {}},
        LiveInterrupts{"INTx", 0, 0, "", host::Error{EBUSY, "VFIO_DEVICE_SET_IRQS"}}}) {
    trial.interrupts = {{"MSI", 3, 3, "IR-PCI-MSI", {}}, pin};
    const Finding finding = only_finding(findings_of("irq.delivered", with_live(trial)));
    EXPECT_EQ(finding.status, Status::kWarn) << finding.evidence;
    EXPECT_TRUE(has_text(finding.evidence, "3 of 3 MSI")) << finding.evidence;
  }
}

TEST(Live, HighAddressesAreReported) {
  const auto result_for = [](std::optional<HighAddress> high) {
    LiveTrial trial = healthy_live();
    trial.high = std::move(high);
    return only_finding(findings_of("dma.high", with_live(trial))).status;
  };
  constexpr uint64_t kHigh = uint64_t{1} << 32;
  EXPECT_EQ(result_for(HighAddress{kHigh, true, {}}), Status::kPass);
  EXPECT_EQ(result_for(HighAddress{kHigh, false, {}}), Status::kWarn);
  EXPECT_EQ(result_for(HighAddress{kHigh, false, host::Error{ERANGE, "28-bit"}}), Status::kSkip);
  EXPECT_EQ(result_for(HighAddress{kHigh, false, host::Error{ENOSPC, "map"}}), Status::kUnknown);
  EXPECT_EQ(result_for(std::nullopt), Status::kSkip);
}

TEST(Superpages, PageSizeInTableDecides) {
  const auto result_for = [](std::vector<Superpage> superpages) {
    LiveTrial trial = healthy_live();
    trial.superpages = std::move(superpages);
    return only_finding(findings_of("dma.superpages", with_live(trial)));
  };
  constexpr uint64_t kSmall = 4096, kLarge = 2 << 20, kHuge = 1 << 30;
  const Superpage none = {kHuge, host::Error{ENOMEM, "find 1024 MiB"}, {}, 0};
  EXPECT_EQ(result_for({{kLarge, {}, kLarge, 70}, none}).status, Status::kPass);
  EXPECT_EQ(result_for({{kLarge, {}, kSmall, 700}, none}).status, Status::kWarn);
  EXPECT_EQ(result_for({{kLarge, {}, kLarge, 70}, {kHuge, {}, kLarge, 700}}).status, Status::kWarn);
  EXPECT_EQ(result_for({{kLarge, {}, {}, 70}, none}).status, Status::kSkip)
      << "time proves nothing";
  EXPECT_EQ(result_for({none}).status, Status::kSkip);
  EXPECT_EQ(result_for({}).status, Status::kSkip);
  EXPECT_TRUE(has_text(result_for({{kLarge, {}, {}, 1000}}).evidence,
                       "16 GiB (--guest-memory) is mapped in about 8.19 s"));
}

TEST(Superpages, MapTimeIsPredictedForGuest) {
  Inspection machine = with_live(healthy_live());  // 2 MiB in 70 us
  machine.guest->requested.memory = uint64_t{8} << 30;
  EXPECT_TRUE(has_text(only_finding(findings_of("dma.superpages", machine)).evidence,
                       "a guest of 8 GiB (--guest-memory) is mapped in about 0.29 s"));
  for (const bool looked : {true, false}) {
    machine.guest->requested.memory = 0;
    if (!looked) machine.guest.reset();
    EXPECT_TRUE(has_text(only_finding(findings_of("dma.superpages", machine)).evidence,
                         "a guest of 16 GiB is mapped in about 0.57 s"));
  }
}

TEST(Superpages, AreReadFromIntelPageTable) {
  constexpr std::string_view kTable =
      "Device 0000:01:00.1 @0x100b2c000\n"
      "IOVA_PFN         \tPML5E             \tPML4E             \tPDPE\n"
      "0x0000000000100 |\t0x0000000000000000\t0x0000000100a01003\t0x0000000100a02003\t"
      "0x0000000100a03003\t0x0000000003a5d001\n"
      "0x0000000000200 |\t0x0000000000000000\t0x0000000100a01003\t0x0000000100a02003\t"
      "0x0000000003a00083\n"
      "0x0000000040000 |\t0x0000000000000000\t0x0000000100a01003\t0x0000000080000083\n\n";
  EXPECT_EQ(page_size_in(kTable, 0x100000), 4096u);
  EXPECT_EQ(page_size_in(kTable, 0x200000), 2u << 20);
  EXPECT_EQ(page_size_in(kTable, 0x3ff000), 2u << 20);
  EXPECT_EQ(page_size_in(kTable, 0x40000000), 1u << 30);
  EXPECT_FALSE(page_size_in(kTable, 0x101000));
  EXPECT_FALSE(page_size_in(kTable, 0x400000));
  EXPECT_FALSE(page_size_in("", 0));
  EXPECT_FALSE(page_size_in("0xzz |\ta\tb\tc\n0x1 |\n|\n", 0));
}

// A leak that was observed remains a failure, even if a later step could not run.
TEST(Live, InterruptErrorKeepsOtherResults) {
  LiveTrial trial = healthy_live();
  trial.unmapped->changed = true;
  trial.interrupts.front().obstacle = host::Error{ENOSPC, "VFIO_DEVICE_SET_IRQS"};
  const Inspection machine = with_live(trial);
  EXPECT_EQ(only_finding(findings_of("dma.blocked.unmapped", machine)).status, Status::kFail);
  EXPECT_EQ(only_finding(findings_of("dma.read", machine)).status, Status::kPass);
  EXPECT_EQ(only_finding(findings_of("irq.delivered", machine)).status, Status::kUnknown);
}

// A device that answers in the first `good` cycles.
LiveTrial cycles_of(int wanted, int good, std::vector<int>* reports = nullptr,
                    std::optional<host::Error> obstacle = std::nullopt) {
  int cycle = 0;
  return run_cycles(
      wanted,
      [&] {
        LiveTrial trial = healthy_live();
        trial.milliseconds = 10;
        trial.endurance.reset();
        if (++cycle <= good) return trial;
        if (!obstacle) trial.answers = {0, 0, 0, 0};
        trial.obstacle = obstacle;
        return trial;
      },
      [&](int completed) {
        if (reports) reports->push_back(completed);
      });
}

TEST(LiveCycles, AllCompletedPasses) {
  std::vector<int> reports;
  const LiveTrial trial = cycles_of(40, 40, &reports);
  ASSERT_TRUE(trial.endurance);
  EXPECT_EQ(trial.endurance->completed, 40);
  EXPECT_EQ(trial.endurance->stopped_at(), 0);
  EXPECT_EQ(trial.milliseconds, 400);
  EXPECT_EQ(reports, (std::vector<int>{4, 8, 12, 16, 20, 24, 28, 32, 36, 40}));
  const Finding finding = only_finding(findings_of("reset.endurance", with_live(trial)));
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "it came back in each of 40 cycles, reset by bus");
}

TEST(LiveCycles, DeviceThatStopsAnsweringIsFoundAtItsCycle) {
  std::vector<int> reports;
  const LiveTrial trial = cycles_of(40, 6, &reports);
  EXPECT_EQ(trial.endurance->completed, 6);
  EXPECT_EQ(trial.endurance->stopped_at(), 7);
  EXPECT_EQ(reports, std::vector<int>{4});
  const Inspection machine = with_live(trial);
  const Finding finding = only_finding(findings_of("reset.endurance", machine));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "stopped coming back at cycle 7 of 40 (reset by bus)"))
      << finding.evidence;
  EXPECT_EQ(only_finding(findings_of("dma.write", machine)).status, Status::kFail)
      << "the result of that cycle";
  const Findings findings = run_checks(machine);
  const auto json = nlohmann::json::parse(
      report_json({.arguments = {}, .inspection = machine, .findings = findings}));
  ASSERT_EQ(json.at("endurance").size(), 1u);
  EXPECT_EQ(json["endurance"][0]["stopped_at"], 7);
  EXPECT_EQ(json["endurance"][0]["completed"], 6);
}

TEST(LiveCycles, DeviceThatCannotBeOpenedAgainFails) {
  const LiveTrial trial = cycles_of(3, 2, nullptr, host::Error{EIO, "open 0000:01:00.1"});
  const Finding finding = only_finding(findings_of("reset.endurance", with_live(trial)));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "at cycle 3 of 3")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.evidence, "open 0000:01:00.1")) << finding.evidence;
}

// Another program opened it in the meantime, or it could not be tested at all.
TEST(LiveCycles, DeviceInUseIsNotAFailure) {
  const LiveTrial later = cycles_of(3, 1, nullptr, host::Error{EBUSY, "open the group"});
  EXPECT_EQ(only_finding(findings_of("reset.endurance", with_live(later))).status,
            Status::kUnknown);
  const LiveTrial never = cycles_of(3, 0, nullptr, host::Error{EBUSY, "open the group"});
  EXPECT_FALSE(never.endurance);
  EXPECT_EQ(only_finding(findings_of("reset.endurance", with_live(never))).status, Status::kSkip);
  LiveTrial once = healthy_live();
  once.endurance.reset();
  EXPECT_EQ(only_finding(findings_of("reset.endurance", with_live(once))).status, Status::kSkip);
}

}  // namespace
}  // namespace verify
