// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the summary lists below a chapter: findings that say the same about several functions are
// one entry.
#pragma once

#include <string>
#include <vector>

#include "verify/check/finding.h"

namespace verify {

struct Entry {
  Status status = Status::kUnknown;
  std::vector<std::string> ids;       // of the checks, each once
  std::vector<std::string> subjects;  // each once, in the order of the findings
  std::string words;
  Remedy remedy;
  std::string waits_for;  // the check that must be fixed first; "": none
};

// Findings of one check with the same status, words and remedy are joined. So are findings of all
// checks that failed or are unknown and wait for the same check: they have no words and no remedy.
// Passes and skipped checks are left out.
std::vector<Entry> entries_of(const std::vector<const Finding*>& findings);

// One sentence: Finding::brief, or the evidence.
const std::string& sentence_of(const Finding& finding);

// Addresses of one slot after the first one are shortened: "0000:01:00.0, .1, 0000:02:00.0". At
// most six, then a count. What is not an address stays.
std::string short_addresses(const std::vector<std::string>& addresses);

}  // namespace verify
