// SPDX-License-Identifier: GPL-2.0-or-later
//
// The verdict about each card: a run may check several, and one can be ready while another is not.
#pragma once

#include <string>
#include <vector>

#include "verify/check/inspection.h"

namespace verify {

struct CardVerdict {
  std::string name;                    // of the section, or as the user named it
  std::vector<std::string> addresses;  // none: the card is away, or its section is refused
  std::string model;                   // from libpci's pci.ids; "": unknown
  Status verdict = Status::kUnknown;   // kPass, kFail or kUnknown
};

const char* verdict_word(Status verdict);  // "READY", "NOT READY" or "INCONCLUSIVE"

// In the order of the configuration. Findings about the host count for all cards, unless they
// belong to the section of another one.
std::vector<CardVerdict> card_verdicts(const Inspection& inspection, const Findings& findings);

}  // namespace verify
