// SPDX-License-Identifier: GPL-2.0-or-later
//
// All checks of vfio-verify, in the order of the report: configuration, IOMMU, interrupts, group,
// driver, card, device memory, DMA, --live, guest, host.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "verify/check/check.h"

namespace verify {

std::span<const Chapter* const> chapters();

// The checks of all chapters.
std::vector<Check> checks();

// nullptr: no check has this id.
const Check* find_check(std::string_view id);

// The findings of one check, with the kernel's messages (log_evidence.h), but without `id` and
// `decides`. A check must have this id.
Findings findings_of(std::string_view id, const Inspection& inspection);

// True if --live was used but no function of the cards was tested. Then the checks of kLiveChapter
// have no result, and the verdict is not a pass.
bool has_no_live_result(const Inspection& inspection);

// Runs every check of the chapters in their order, and sets `id` and `decides` of the findings.
Findings run_checks(const Inspection& inspection);

}  // namespace verify
