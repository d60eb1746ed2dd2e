// SPDX-License-Identifier: GPL-2.0-or-later
//
// The findings of a report by chapter, and what the summary and the page say about a chapter.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "verify/report/report.h"

namespace verify {

struct ChapterFindings {
  std::string heading;
  std::vector<const Finding*> findings;

  size_t count(Status status) const;
};

// In the order of the report, without the findings for which is_omitted() is true.
std::vector<ChapterFindings> findings_by_chapter(const Report& report);

// The main checks of all chapters, in their order.
std::span<const char* const> main_checks();

// The worst status. A chapter whose main checks were all skipped is skipped, too, even if another
// check passed.
Status status_of(const ChapterFindings& chapter);

// "1 failed, 2 warned, 3 passed, 1 skipped", the worst first.
std::string counted(const ChapterFindings& chapter);

// Why the first skipped check was skipped; "": none was.
std::string reason_for_skip(const ChapterFindings& chapter);

}  // namespace verify
