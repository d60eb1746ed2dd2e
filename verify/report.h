// SPDX-License-Identifier: GPL-2.0-or-later
//
// The report: what was run, on what, and what was found, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "verify/finding.h"
#include "verify/inspection.h"

namespace verify {

struct Report {
  std::vector<std::string> arguments;
  const Inspection& inspection;
  const Findings& findings;
  const char* passed = "PASS: ready for a guest";
  const char* failed = "FAIL: not ready for a guest. Solve what failed, from the top";
};

// For people: in 80 columns where words allow it; commands are never broken.
std::string report_text(const Report& report, bool colour);

// For programs: one object; `findings` is an array of objects with exactly the keys id, subject,
// status, evidence and remedy.
std::string report_json(const Report& report);

}  // namespace verify
