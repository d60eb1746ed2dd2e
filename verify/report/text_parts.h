// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the reports for people, the list, the summary and the page, have in common.
#pragma once

#include <string>
#include <string_view>

#include "verify/report/report.h"

namespace verify {

// "FAIL" stands out among "pass", "warn", "skip" and "unknown".
const char* status_word(Status status);

// `text` in the colour of the status.
std::string styled(Status status, std::string_view text, bool colour);

// A remedy below a finding, with its words wrapped. It begins at column `indent`. Commands are not
// wrapped, so that they can be copied.
std::string remedy_block(const Remedy& remedy, size_t indent, size_t width);

// Printable, without line feeds.
std::string one_line(std::string_view text);

// The heading of the chapter that the finding belongs to.
const char* heading_of(const Finding& finding);

// Without --live, the report has one line for all checks of kLiveChapter instead of their findings.
bool is_omitted(const Report& report, const Finding& finding);
bool omits_any(const Report& report);

// "not run: --live tests the card itself"; "": it was run, or there is no card.
std::string live_not_run(const Report& report);

// "24 passed, 3 warned, 1 failed": kinds without a finding are left out, except those that passed.
std::string counts(const Findings& findings);

// "FAIL: not ready for a guest. …"
const char* verdict_text(const Report& report);

}  // namespace verify
