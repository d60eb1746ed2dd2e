// SPDX-License-Identifier: GPL-2.0-or-later
//
// The slot of the board that a section selects with `slot`, by the label that the firmware or the
// kernel gives it.
#pragma once

#include <optional>
#include <string>

#include "config/configuration.h"
#include "host/machine.h"
#include "plan/card_functions.h"

namespace plan {

struct LabelledSlot {
  std::string name;     // "slot 'PCIEX16_2' (0000:02:00.0)"
  Functions functions;  // of the device in it, or the endpoints below its port; empty: the slot is
  // No slot has the label, the firmware does not say where the slot is, or several slots that have
  // the label are not empty.
  std::optional<config::Refusal> refusal;
};

LabelledSlot labelled_slot(const config::Card& card, const host::Machine& machine);

}  // namespace plan
