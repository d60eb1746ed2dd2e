// SPDX-License-Identifier: GPL-2.0-or-later
//
// A check is one row of its chapter's table. --list-checks, `explain`, the man page and the report
// are made from that row. A check judges plain data: it reads no file, changes nothing, and returns
// a finding for each subject. Ids are stable: other programs depend on them.
#pragma once

#include <span>
#include <utility>

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

// Does an unknown finding of this check make the verdict inconclusive? kAdvises: no, because the
// check can at worst warn. Example: a guest can use a card whose option ROM is not readable while
// the card sleeps.
enum class Weight { kDecides, kAdvises };

// Question and explanation have the markup of scdoc(5), as in the man page: *bold*, _underlined_,
// an empty line between paragraphs, and "- " before an item of a list.
template <typename Judged>
struct BasicCheck {
  const char* id;
  const char* question;     // what the check answers, in one sentence
  const char* explanation;  // when it fails, warns or is unknown, and why that matters
  Findings (*judge)(const Judged& judged);
  Weight weight = Weight::kDecides;
};

using Check = BasicCheck<Inspection>;

// Adds what the check found: its findings get its id and its weight.
template <typename Judged>
void add_findings(const BasicCheck<Judged>& check, Findings found, Findings& all) {
  for (Finding& finding : found) {
    finding.id = check.id;
    finding.decides = check.weight == Weight::kDecides;
    all.push_back(std::move(finding));
  }
}

struct Chapter {
  const char* heading;  // in the text report
  std::span<const Check> checks;
};

// Each is in a file of this folder. Chapters with the same heading are one in the report.
extern const Chapter kConfigurationChapter;
extern const Chapter kIommuChapter;
extern const Chapter kInterruptChapter;
extern const Chapter kGroupChapter;
extern const Chapter kIsolationChapter;
extern const Chapter kDriverChapter;
extern const Chapter kOtherSettingsChapter;
extern const Chapter kPowerChapter;
extern const Chapter kResetChapter;
extern const Chapter kLinkChapter;
extern const Chapter kBarChapter;
extern const Chapter kRomChapter;
extern const Chapter kDmaChapter;
// The checks that need --live.
extern const Chapter kLiveChapter;
// What starts a guest, such as QEMU and libvirt. None of it is required: with skipped checks of
// these chapters the text report still says "ready for a guest".
extern const Chapter kKvmChapter;
extern const Chapter kGuestChapter;
extern const Chapter kIommufdChapter;
extern const Chapter kHostChapter;

}  // namespace verify
