// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/superpages.h"

#include <fmt/format.h>

namespace verify {
namespace {

constexpr uint64_t kUsualGuest = uint64_t{16} << 30;

std::string named(uint64_t size) {
  if (size >= 1 << 30) return fmt::format("{} GiB", size >> 30);
  return size >= 1 << 20 ? fmt::format("{} MiB", size >> 20) : fmt::format("{} KiB", size >> 10);
}

// "2 MiB mapped by pages of 2 MiB in 71 us".
std::string sentence(const Superpage& seen) {
  if (seen.obstacle) return fmt::format("{}: {}", named(seen.size), host::describe(*seen.obstacle));
  const std::string by = seen.mapped_by ? " by pages of " + named(*seen.mapped_by) : "";
  return fmt::format("{} mapped{} in {} us", named(seen.size), by, seen.microseconds);
}

// How long it takes to map a guest's memory, estimated from the largest mapping that succeeded.
std::string prediction(const std::vector<Superpage>& all, const Inspection& inspection) {
  const uint64_t requested = inspection.guest ? inspection.guest->requested.memory : 0;
  const uint64_t memory = requested != 0 ? requested : kUsualGuest;
  for (auto seen = all.rbegin(); seen != all.rend(); ++seen)
    if (!seen->obstacle && seen->microseconds > 0)
      return fmt::format(
          "; at this rate, a guest of {}{} is mapped in about {:.2f} s (without allocating memory)",
          guest::memory_size_text(memory), requested != 0 ? " (--guest-memory)" : "",
          static_cast<double>(memory) / static_cast<double>(seen->size) * seen->microseconds / 1e6);
  return {};
}

Finding judge(const LiveTrial& trial, const Inspection& inspection) {
  std::string evidence;
  bool shown = false, small = false;
  for (const Superpage& seen : trial.superpages) {
    evidence += (evidence.empty() ? "" : "; ") + sentence(seen);
    shown |= seen.mapped_by.has_value();
    small |= seen.mapped_by && *seen.mapped_by < seen.size;
  }
  evidence += prediction(trial.superpages, inspection);
  if (trial.superpages.empty())
    return caused_by("dma.read", skip(trial.address, "nothing was mapped"));
  if (!shown)
    return skip(
        trial.address,
        evidence +
            "; this kernel does not show the size of the pages (it needs the IOMMU's debugfs, built in and mounted)");
  if (small)
    return warn(trial.address, evidence,
                "expect a slower guest: this IOMMU, or its driver, splits large pages");
  return pass(trial.address, evidence);
}

}  // namespace

Findings judge_superpages(const Inspection& inspection) {
  if (!inspection.live) return {skip(kHost, "needs --live, which resets the card")};
  if (inspection.live->empty()) return {caused_by("dma.read", skip(kHost, "no testable function"))};
  Findings findings;
  for (const LiveTrial& trial : *inspection.live)
    findings.push_back(trial.not_run.empty() ? judge(trial, inspection)
                                             : skip(trial.address, trial.not_run));
  return findings;
}

}  // namespace verify
