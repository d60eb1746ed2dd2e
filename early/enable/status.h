// SPDX-License-Identifier: GPL-2.0-or-later
//
// The state of the configured cards: what the configuration plans, what the record says of this
// boot, and which driver has each function now. `vfio-early status` prints it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "early/enable/images.h"
#include "early/enable/next_boot.h"
#include "early/planned_machine.h"
#include "record/record.h"

namespace early::enable {

struct Status {
  PlannedMachine planned;
  std::optional<record::Record> record;  // of this boot
  JudgedImages judged;
  bool unfinished = false;                  // the ledger is
  std::optional<IommuSwitch> iommu_switch;  // of the next boot
  std::string hand_over_problem;            // why hand-over.json cannot be read, with the remedy
};

struct NextStep {
  std::string words;
  bool done = false;  // nothing is left to do
};

NextStep next_step(const Status& status);

// The functions that the plan claims for the card.
std::vector<const host::PciFunction*> planned_functions(const Status& status,
                                                        const config::Card& card);

// nullptr: the plan does not refuse it.
const config::Refusal* refusal_of(const Status& status, const std::string& card);

// Is the function on a driver for guests, and did vfio-early bind it in this boot?
bool is_claimed(const Status& status, const host::PciFunction& function);

// All functions of the card, and at least one.
bool is_claimed(const Status& status, const config::Card& card);

// For other programs: docs/schemas/status.schema.json.
std::string status_json(const Status& status);

}  // namespace early::enable
