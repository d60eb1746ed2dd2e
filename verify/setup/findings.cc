// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/findings.h"

#include <algorithm>

#include <fmt/format.h>

#include "verify/check/check.h"
#include "verify/check/checks.h"

namespace verify {
namespace {

// A problem in these chapters also affects the guest. Problems of the other chapters have other
// steps of `setup`, or a guest works in spite of them.
constexpr const Chapter* kNeededChapters[] = {
    &kIommuChapter, &kInterruptChapter, &kGroupChapter, &kIsolationChapter,
    &kPowerChapter, &kResetChapter,     &kBarChapter};

std::string what_to_do(std::string_view id, const Finding& finding) {
  constexpr std::pair<std::string_view, const char*> kFailed[] = {
      {"iommu.present", "Make the kernel use an IOMMU"},
      {"iommu.group", "Get an IOMMU group for the card"},
      {"iommu.reserved", "Make the firmware release the card's memory"},
      {"irq.remapping", "Make the kernel remap interrupts"},
      {"group.isolated", "Isolate the card from the other functions of its IOMMU group"},
      {"reset.method", "Make a reset of the card possible"},
      {"bar.free", "Free the card's memory"}};
  if (finding.status == Status::kWarn) return fmt::format("Read the warning of {}", id);
  for (const auto& [failed, words] : kFailed)
    if (failed == id) return words;
  return fmt::format("Fix what {} reports", id);
}

// A finding with a cause is fixed by the step for that cause.
bool needs_step(const Finding& finding) {
  return (finding.status == Status::kFail || finding.status == Status::kWarn) &&
         !finding.remedy.empty() && finding.cause.empty();
}

}  // namespace

void add_findings(const Inspection& inspection, Steps& steps) {
  std::vector<Remedy> known;
  for (const Chapter* chapter : kNeededChapters)
    for (const Check& check : chapter->checks)
      for (const Finding& finding : findings_of(check.id, inspection)) {
        if (!needs_step(finding) ||
            std::find(known.begin(), known.end(), finding.remedy) != known.end())
          continue;
        known.push_back(finding.remedy);
        const std::string subject = finding.subject == kHost ? "" : finding.subject + ": ";
        steps.add(what_to_do(check.id, finding),
                  sentence(subject + finding.evidence) + remedy_text("-> " + finding.remedy));
      }
}

}  // namespace verify
