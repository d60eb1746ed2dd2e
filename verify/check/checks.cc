// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/checks.h"

#include "verify/check/causes.h"
#include "verify/check/log_evidence.h"

namespace verify {
namespace {

// The order of the report: a problem is fixed before those that it causes.
constexpr const Chapter* kChapters[] = {
    &kConfigurationChapter, &kIommuChapter,  &kInterruptChapter,     &kGroupChapter,
    &kIsolationChapter,     &kDriverChapter, &kOtherSettingsChapter, &kPowerChapter,
    &kResetChapter,         &kLinkChapter,   &kBarChapter,           &kRomChapter,
    &kDmaChapter,           &kLiveChapter,   &kKvmChapter,           &kGuestChapter,
    &kIommufdChapter,       &kHostChapter};

// The finding of a check that returned none, so that other programs find every id in the report.
Finding nothing_to_judge(const Inspection& inspection) {
  return inspection.functions.empty()
             ? caused_by("bind.plan", skip(kHost, "no card to check"))
             : caused_by("iommu.group", skip(kHost, "no IOMMU group to check"));
}

Findings findings_of(const Check& check, const Inspection& inspection) {
  Findings found = check.judge(inspection);
  add_log_evidence(inspection, check, found);
  return found;
}

}  // namespace

std::span<const Chapter* const> chapters() {
  return kChapters;
}

std::vector<Check> checks() {
  std::vector<Check> all;
  for (const Chapter* chapter : kChapters)
    all.insert(all.end(), chapter->checks.begin(), chapter->checks.end());
  return all;
}

const Check* find_check(std::string_view id) {
  for (const Chapter* chapter : kChapters)
    for (const Check& check : chapter->checks)
      if (check.id == id) return &check;
  return nullptr;
}

Findings findings_of(std::string_view id, const Inspection& inspection) {
  return findings_of(*find_check(id), inspection);
}

Findings run_checks(const Inspection& inspection) {
  Findings all;
  for (const Check& check : checks()) {
    Findings found = findings_of(check, inspection);
    if (found.empty()) found.push_back(nothing_to_judge(inspection));
    add_findings(check, std::move(found), all);
  }
  resolve_causes(all);
  return all;
}

}  // namespace verify
