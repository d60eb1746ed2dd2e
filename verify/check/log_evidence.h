// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of the kernel that a check cannot see in sysfs: a reset that failed, a BAR that could
// not be reserved, DMA that the IOMMU blocked. One table has them, with the check that each belongs
// to. The check quotes the line.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "verify/check/check.h"
#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

// What a message says, where a check needs to know more than its words.
enum class LogEvent { kOther, kFailedToWake };

struct LogEvidence {
  // What else decides whether a line counts; "": nothing.
  struct Limits {
    std::string_view also = "";        // a second part of the line
    std::string_view unless = "";      // not in the line
    std::string_view taken_back = "";  // a part of a later line, after which it no longer counts
    size_t least = 1;                  // fewer lines are harmless
    bool pass_is_newer = false;        // what the check reads itself is newer than the log
  };
  const char* check;
  std::string_view words;  // a part of the line
  const char* meaning;     // a clause
  Remedy (*remedy)(const Inspection& inspection, const ConfiguredFunction* function);
  Limits limits = {};
  LogEvent event = LogEvent::kOther;
};

// Of several rows of a check that apply, the first is used.
std::span<const LogEvidence> log_evidence();

// The row of the check that applies to the lines that name the function at `address`, a function of
// a checked card or a member of its group; nullptr: none. The errors that the port above reports
// are not among these lines.
const LogEvidence* find_evidence(const Inspection& inspection, std::string_view check,
                                 std::string_view address);

// Adds the line that belongs to the check to each finding. A finding about a function gets lines
// that name it, one about the host all lines. A pass becomes a warning, as does an unknown finding
// of a check that can at worst warn; any other finding keeps its status. The line is added to the
// evidence, or replaces it (Finding::yields_to_log).
void add_log_evidence(const Inspection& inspection, const Check& check, Findings& findings);

// The line about the host that belongs to the check, in words ("the kernel says \"…\""), and its
// remedy.
struct QuotedLine {
  std::string words;
  Remedy remedy;
};
std::optional<QuotedLine> host_evidence(const Inspection& inspection, const char* check);

// The finding of a check that has no other source than the kernel log, before add_log_evidence(): a
// pass, with `nothing` as evidence if the log has no such line. It must reach back to the boot
// then.
Finding judge_by_log(const Inspection& inspection, const ConfiguredFunction& function,
                     const char* check, const char* nothing);

}  // namespace verify
