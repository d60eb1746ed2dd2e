// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the user should do next, from the findings: the end of the summary.
#pragma once

#include <string>

#include "verify/report/report.h"

namespace verify {

struct NextStep {
  std::string words;
  std::string command;  // "": none
  std::string check;    // that the step is about; "": none
};

// After a pass, what the guest needs. Otherwise the first check that failed, or else the first one
// that is inconclusive: its command, if its remedy is only one, or its id.
NextStep next_step(const Report& report);

}  // namespace verify
