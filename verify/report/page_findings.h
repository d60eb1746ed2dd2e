// SPDX-License-Identifier: GPL-2.0-or-later
//
// The findings of a chapter in the page of --format html.
#pragma once

#include <string>

#include "verify/report/chapters.h"

namespace verify {

// A status as a word, in its colour.
std::string status_markup(Status status, std::string_view word);

// Where a link to the finding leads: "check-iommu.attach".
std::string anchor_of(std::string_view id);

// Findings that are not a pass are open, the others closed. Skipped checks are only counted.
std::string findings_markup(const ChapterFindings& chapter);

}  // namespace verify
