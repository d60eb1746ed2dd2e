// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `vfio-early enable` offers to change for a card, and the plan that follows from it. Making
// an offer changes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "early/enable/change.h"
#include "early/enable/named_card.h"
#include "early/planned_machine.h"
#include "host/root.h"

namespace early::enable {

struct Refusal {
  std::string why, remedy;
};

struct Offer {
  NamedCard card;
  std::string name;                // of its section
  PlannedMachine planned;          // with the new section
  Proposal proposal;               // without changes: each step is done already
  std::vector<std::string> notes;  // steps that are done already
  bool rebuilds_here = true;       // the images can be judged before a reboot
  std::optional<Refusal> refusal;
};

// `machine` must have all details.
Offer make_offer(const host::Root& root, const host::Machine& machine, const NamedCard& card,
                 bool may_be_last_display);

}  // namespace early::enable
