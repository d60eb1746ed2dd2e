// SPDX-License-Identifier: GPL-2.0-or-later
//
// The checks that need --live: the card's functions do DMA and raise interrupts through the IOMMU.
#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "verify/check/checks.h"
#include "verify/check/superpages.h"
#include "verify/trial/probes/probe.h"

namespace verify {
namespace {

using Judge = Finding (*)(const LiveTrial& trial);

bool is_silent(const LiveTrial& trial) {
  return std::all_of(trial.answers.begin(), trial.answers.end(),
                     [](uint64_t answer) { return answer == 0; });
}

// Debian's kernels are built without iommufd. Without --backend, iommufd is used only if type1 is
// not available: then the module of type1 is missing.
Finding no_iommufd(const LiveTrial& trial) {
  const std::string evidence = host::describe(*trial.obstacle) +
                               ": this kernel has no iommufd, or no character devices of VFIO";
  if (trial.backend_named)
    return unknown(
        trial.address, evidence,
        "use --backend type1; iommufd needs CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV (Linux 6.6 and later)");
  return unknown(trial.address, evidence + ", and vfio_iommu_type1 is not loaded",
                 {"load the module and run vfio-verify again:", {"modprobe vfio_iommu_type1"}});
}

Finding no_result(const LiveTrial& trial) {
  if (!trial.obstacle && trial.stopped_answering)
    return unknown(
        trial.address, "the device answered at first, but not after it was restarted",
        "run vfio-verify --live again; if the result is the same, power-cycle the machine");
  if (!trial.obstacle)
    return caused_by("dma.write", unknown(trial.address, "the device did not answer",
                                          "run vfio-verify --live again"));
  if (trial.bypasses_iommu)
    return caused_by("dma.blocked.physical", skip(trial.address, trial.obstacle->step));
  if (trial.obstacle->code == EBUSY)
    return skip(trial.address,
                "a guest or another program uses it (" + host::describe(*trial.obstacle) + ")");
  if (trial.obstacle->code == ENOTSUP)
    return skip(trial.address, "--live does not support " + trial.obstacle->step);
  const bool no_codec = trial.obstacle->code == ENOMEDIUM;
  if (trial.backend == Backend::kIommufd && trial.obstacle->code == ENOENT)
    return no_iommufd(trial);
  // Interrupts are not remapped. With type1, VFIO_SET_IOMMU fails for the same reason.
  // iommufd_device_bind() in drivers/iommu/iommufd/device.c.
  if (trial.ended_at == LiveStep::kBindIommufd && trial.obstacle->code == EPERM)
    return caused_by(
        "irq.remapping",
        fail(trial.address,
             host::describe(*trial.obstacle) +
                 ": interrupts are not remapped, and iommufd's allow_unsafe_interrupts is not set",
             "enable interrupt remapping in the firmware setup"));
  // The device is already open through its character device, not through its group (vfio_df_open()
  // in drivers/vfio/vfio_main.c).
  if (trial.ended_at == LiveStep::kBindIommufd && trial.obstacle->code == EINVAL)
    return unknown(trial.address,
                   host::describe(*trial.obstacle) +
                       ": a guest or another program probably uses it through iommufd",
                   "stop the guest that uses it, and run vfio-verify --live again");
  return unknown(
      trial.address, host::describe(*trial.obstacle),
      no_codec
          ? Remedy(
                "connect a monitor to the card: without one, its audio function may have no codec")
          : see_kernel_log());
}

template <Judge kJudge, Judge kOnObstacle = no_result>
Findings each_trial(const Inspection& inspection) {
  if (!inspection.live) return {skip(kHost, "needs --live, which resets the card")};
  if (inspection.live->empty())
    return {
        skip(kHost, "no testable function: --live supports HD Audio, USB, NVMe and virtio GPUs")};
  Findings findings;
  for (const LiveTrial& trial : *inspection.live) {
    if (!trial.not_run.empty()) {
      findings.push_back(caused_by(trial.cause.c_str(), skip(trial.address, trial.not_run)));
    } else if (trial.obstacle) {
      findings.push_back(kOnObstacle(trial));
    } else {
      findings.push_back(kJudge(trial));
    }
  }
  return findings;
}

std::string answers_text(const LiveTrial& trial) {
  std::string text;
  for (const uint64_t answer : trial.answers) text += fmt::format(" {:#x}", answer);
  return text.empty() ? " none" : text;
}

// The commands are in a page that the device may only read. Correct answers prove that it read
// them.
Finding judge_read(const LiveTrial& trial) {
  if (trial.has_right_answers())
    return pass(trial.address, fmt::format("{} read its commands at {:#x} ({})", trial.kind,
                                           trial.iova, name_of(trial.backend)));
  if (is_silent(trial))
    return fail(
        trial.address,
        fmt::format(
            "the {} did not answer: it did not read its commands at {:#x}, or its answers did not arrive",
            trial.kind, trial.iova),
        {"check whether the kernel reports that the IOMMU blocked it:",
         {"dmesg | grep -iE 'fault|" + trial.address + "'"}});
  return fail(trial.address,
              fmt::format("the {} did not understand its commands at {:#x}; it answered{}",
                          trial.kind, trial.iova, answers_text(trial)),
              see_kernel_log());
}

Finding judge_write(const LiveTrial& trial) {
  if (trial.has_right_answers())
    return pass(trial.address, fmt::format("answers{}", answers_text(trial)));
  return fail(trial.address,
              is_silent(trial)
                  ? "0 of 4 answers arrived"
                  : fmt::format("the four answers are not correct:{}", answers_text(trial)),
              see_kernel_log());
}

// A fault in the kernel log confirms the result. No fault in the log proves nothing.
std::string fault_evidence(const std::string& fault) {
  return fault.empty() ? "" : "; the kernel logged: " + fault;
}

Finding judge_negative_test(const LiveTrial& trial,
                            const std::optional<NegativeTest>& negative_test,
                            const std::string& where) {
  if (!negative_test) return no_result(trial);
  if (negative_test->changed)
    return fail(
        trial.address, fmt::format("the {} wrote {}", trial.kind, where),
        "do not give this card to a guest: the IOMMU does not block it. Update the firmware, and report this to the maintainers of the kernel");
  if (!trial.has_right_answers()) return no_result(trial);
  if (negative_test->not_tried && negative_test->not_tried->code == ERANGE)
    return skip(trial.address, fmt::format("the {} does not support such an address: {}",
                                           trial.kind, negative_test->not_tried->step));
  if (negative_test->not_tried)
    return unknown(trial.address, host::describe(*negative_test->not_tried), see_kernel_log());
  if (!negative_test->before || !negative_test->after)
    return unknown(
        trial.address,
        fmt::format("nothing was written, but the {} also did not answer {}", trial.kind,
                    negative_test->before ? "after the test" : "before the test"),
        "run vfio-verify --live again; if the result is the same, power-cycle the machine");
  return pass(trial.address,
              fmt::format("nothing was written {}; the device works before and after{}", where,
                          fault_evidence(negative_test->fault)));
}

Finding judge_unmapped(const LiveTrial& trial) {
  return judge_negative_test(trial, trial.unmapped, "to an unmapped address");
}

Finding judge_physical(const LiveTrial& trial) {
  if (!trial.physical && trial.has_right_answers() && !trial.stopped_answering)
    return unknown(trial.address, "the physical address of vfio-verify's page is unknown",
                   kRunAsRoot);
  Finding finding = judge_negative_test(trial, trial.physical, "to the page's physical address");
  if (finding.status == Status::kPass && trial.dry_run == DryRun::kNotPerformed)
    finding.evidence += "; a first test with harmless addresses was not possible";
  return finding;
}

// For a device that bypasses the IOMMU: it uses every address as a physical one, also the addresses
// of a guest.
Finding bypasses_iommu(const LiveTrial& trial) {
  if (!trial.bypasses_iommu) return no_result(trial);
  return fail(
      trial.address, trial.obstacle->step + ": it uses every address as a physical address",
      "do not give this card to a guest, which could access all of the host's memory. If this is a virtual machine, let its device use the IOMMU (QEMU: iommu_platform=on)");
}

Finding judge_readonly(const LiveTrial& trial) {
  return judge_negative_test(trial, trial.readonly, "to a page that it may only read");
}

Finding judge_revoked(const LiveTrial& trial) {
  return judge_negative_test(trial, trial.revoked, "to a page that was unmapped while it ran");
}

Finding judge_remapped(const LiveTrial& trial) {
  Finding finding = judge_negative_test(trial, trial.remapped,
                                        "to the page that was mapped at the address before");
  if (finding.status == Status::kPass && !trial.arrived_at_new_page)
    return fail(trial.address, "the answer arrived neither in the old page nor in the new page",
                see_kernel_log());
  return finding;
}

Finding judge_high(const LiveTrial& trial) {
  if (!trial.has_right_answers() || trial.stopped_answering) return no_result(trial);
  if (!trial.high) return skip(trial.address, "the IOMMU has no addresses above 4 GiB");
  const HighAddress& high = *trial.high;
  const std::string where = fmt::format("{:#x}", high.iova);
  if (high.not_tried && high.not_tried->code == ERANGE)
    return skip(trial.address, fmt::format("the {} does not support the address {}: {}", trial.kind,
                                           where, high.not_tried->step));
  if (high.not_tried)
    return unknown(trial.address, host::describe(*high.not_tried), see_kernel_log());
  if (high.answered) return pass(trial.address, "works at " + where + ", too");
  return warn(
      trial.address,
      fmt::format("the {} reports support for addresses above 4 GiB, but does not work at {}",
                  trial.kind, where),
      "use a guest driver that keeps this function below 4 GiB, or leave the function to the host");
}

// The finding for one kind of interrupts, if it is not a pass; nullopt: pass.
std::optional<Finding> interrupt_problem(const LiveTrial& trial, const LiveInterrupts& seen,
                                         const std::string& evidence) {
  if (seen.obstacle) return unknown(trial.address, evidence, see_kernel_log());
  if (seen.counted != seen.expected) return fail(trial.address, evidence, see_kernel_log());
  if (seen.chip.empty()) return unknown(trial.address, evidence, kRunAsRoot);
  if (!seen.chip.starts_with("IR-"))
    return caused_by("irq.remapping", warn(trial.address, evidence,
                                           "enable interrupt remapping in the firmware setup"));
  return std::nullopt;
}

std::string counted(const LiveInterrupts& seen) {
  if (seen.obstacle) return fmt::format("{}: {}", seen.kind, host::describe(*seen.obstacle));
  std::string counts =
      fmt::format("{} of {} {} interrupts arrived", seen.counted, seen.expected, seen.kind);
  if (seen.counted != seen.expected) return counts;
  if (seen.chip.empty()) return counts + ", but /proc/interrupts does not show their chip";
  return fmt::format("{}, {}remapped ({})", counts, seen.chip.starts_with("IR-") ? "" : "not ",
                     seen.chip);
}

Finding judge_endurance(const LiveTrial& trial) {
  if (!trial.endurance)
    return not_asked(trial.address, "needs --cycles, which resets the card repeatedly");
  const Endurance& endurance = *trial.endurance;
  if (endurance.why.empty())
    return pass(trial.address,
                fmt::format("it came back in each of {} cycles, reset by {}", endurance.wanted,
                            trial.reset.empty() ? "no known method" : trial.reset));
  const std::string evidence = fmt::format("cycle {} of {} was not completed: {}",
                                           endurance.stopped_at(), endurance.wanted, endurance.why);
  if (endurance.in_use)
    return unknown(trial.address, evidence,
                   "stop the guest that uses it, and run vfio-verify --live again");
  return fail(
      trial.address,
      fmt::format("it stopped coming back at cycle {} of {} (reset by {}): {}",
                  endurance.stopped_at(), endurance.wanted,
                  trial.reset.empty() ? "no known method" : trial.reset, endurance.why),
      {"power-cycle the machine, then test it with another 'reset-method' of the card's section; this prints the methods:",
       {"cat /sys/bus/pci/devices/" + trial.address + "/reset_method"}});
}

int weight(const Finding& finding) {
  return finding.status == Status::kFail ? 2 : finding.status == Status::kUnknown ? 1 : 0;
}

// The worst finding of all kinds, which are in the order MSI-X, MSI, INTx. A guest's driver uses
// the first kind that works. If a card also has messages, a pin that does not work (NVIDIA's audio,
// a shared line) is only a warning.
Finding judge_interrupts(const LiveTrial& trial) {
  if (!trial.has_right_answers() || trial.stopped_answering) return no_result(trial);
  if (trial.interrupts.empty()) return skip(trial.address, "it has no interrupts");
  std::string evidence;
  for (const LiveInterrupts& seen : trial.interrupts)
    evidence += (evidence.empty() ? "" : "; ") + counted(seen);
  Finding worst = pass(trial.address, evidence);
  for (const LiveInterrupts& seen : trial.interrupts) {
    auto wrong = interrupt_problem(trial, seen, evidence);
    if (!wrong) continue;
    const bool is_additional_pin = seen.kind == "INTx" && &seen != &trial.interrupts.front();
    if (is_additional_pin && (seen.obstacle || seen.counted != seen.expected))
      wrong = warn(trial.address, evidence, "let the guest use MSI or MSI-X, as most drivers do");
    if (worst.status == Status::kPass || weight(*wrong) > weight(worst)) worst = *wrong;
  }
  return worst;
}

// amd-iommu of QEMU 7.2 mistakes a device behind a port for another device, and stops all its DMA.
void explain_qemu_bug(const Inspection& inspection, Findings& findings) {
  const bool amd = std::any_of(inspection.tables.begin(), inspection.tables.end(),
                               [](const auto& table) { return table.name() == "IVRS"; });
  if (!amd || !inspection.platform.in_guest) return;
  for (Finding& finding : findings)
    if (finding.status == Status::kFail)
      finding.remedy =
          "put the device on the root bus of this virtual machine, or use a different IOMMU (QEMU: intel-iommu,intremap=on): amd-iommu of QEMU 7.2 stops all DMA of a device behind a port";
}

// If --live is used but no function was tested, the verdict must not be a pass: adds an unknown
// finding.
Findings judge_reads(const Inspection& inspection) {
  Findings findings = each_trial<judge_read>(inspection);
  explain_qemu_bug(inspection, findings);
  if (!has_no_live_result(inspection) || inspection.functions.empty()) return findings;
  if (inspection.live->empty())
    return {unknown(kHost, findings.front().evidence,
                    "run vfio-verify without --live, which cannot test this card")};
  findings.push_back(
      unknown(kHost, "no function of the cards was tested", "read the reasons above"));
  return findings;
}

constexpr Check kChecks[] = {
    {"dma.read", "Does the card read the memory that it was given?", R"(
This check and the following ones up to *irq.delivered* need *--live*. The commands are in a page
that the device may only read, so correct answers prove that it read them.)",
     judge_reads},
    {"dma.write", "Does the card write its answers to the memory that it was given?", R"(
Two commands with different answers are each sent twice.)",
     each_trial<judge_write>},
    {"dma.blocked.unmapped", "Does the IOMMU prevent the card from writing to unmapped addresses?",
     R"(
In this check and the following ones, the device must work directly before and directly after the
test. If it does not, the result proves nothing; the same is true if the kernel does not unmap a
page. If the kernel logs the fault, the line is part of the evidence. The kernel limits the rate
of such lines, so a missing line means nothing.)",
     each_trial<judge_unmapped>},
    {"dma.blocked.physical",
     "Does the IOMMU prevent the card from writing to memory by its physical address?", R"(
The device is given the physical address of a page that is mapped for it at a different address. A
virtio GPU that does not use the IOMMU at all fails here, and is not started.

Every other device is tested first in a way that does no harm if it bypasses the IOMMU.
*vfio-verify* must run as root for this. The device is given physical addresses of pages of
*vfio-verify* only, and a different page is mapped at these addresses for the answer. A device
that writes to the physical pages bypasses the IOMMU: it fails here and is not tested further.
This first test is left out if the kernel has no such pages in one piece below 4 GiB, and for a
device whose addresses are too short.)",
     each_trial<judge_physical, bypasses_iommu>},
    {"dma.blocked.readonly",
     "Does the IOMMU prevent the card from writing to a page that it may only read?", R"(
The page is mapped for reading only. Fails if the card changes it.)",
     each_trial<judge_readonly>},
    {"dma.blocked.revoked",
     "Does the IOMMU prevent the card from writing to a page that was unmapped?", R"(
The page is unmapped while the card is running. Fails if the card changes it afterwards.)",
     each_trial<judge_revoked>},
    {"dma.remapped",
     "If a different page is mapped at an address, does the card write to the new page?", R"(
It must no longer write to the old one. Fails if its answer arrives in the old page, or in neither
of them.)",
     each_trial<judge_remapped>},
    {"dma.high", "Does the card work with memory above 4 GiB?", R"(
Most memory of a large guest is there. Skipped if the device reports shorter addresses, or if the
IOMMU has none above 4 GiB.)",
     each_trial<judge_high>, Weight::kAdvises},
    {"dma.superpages", "Is a large piece of memory mapped by one large page?", R"(
Pieces of 2 MiB and of 1 GiB are tested. The page tables show the size of the pages if the kernel
makes them available: on Intel, if the IOMMU's debugfs is built in and mounted. Otherwise the
check is skipped. The finding also has the time that the mapping took, which is only an
indication, and an estimate for a guest of *--guest-memory*, or of 16 GiB. The test with 1 GiB
needs a reserved huge page ("hugepagesz=1G hugepages=1" on the kernel command line).)",
     judge_superpages},
    {"irq.delivered", "Do the card's interrupts arrive, each once and remapped?", R"(
They must come through a remapped chip in _/proc/interrupts_. Each kind that the device supports
is tested: MSI-X, MSI and INTx. If only INTx fails, this is a warning.)",
     each_trial<judge_interrupts>},
    {"reset.endurance", "Does the card come back after every reset?", R"(
With *--live --cycles* _N_: each cycle opens the function again, which resets it, and repeats the
tests. Fails at the first cycle in which the function cannot be opened or does not answer correctly,
and says which one it was; the results of the other live checks are those of that cycle. A card that
comes back after one reset may still hang after several guests.)",
     each_trial<judge_endurance, judge_endurance>},
};

}  // namespace

bool has_no_live_result(const Inspection& inspection) {
  return inspection.live && std::none_of(inspection.live->begin(), inspection.live->end(),
                                         [](const LiveTrial& trial) { return trial.was_run(); });
}

constexpr Chapter kLiveChapter{"Live", kChecks};

}  // namespace verify
