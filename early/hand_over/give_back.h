// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gives a card that was taken in the running system back to the host: its drivers, the services
// that were stopped, the consoles. For a release, for a claim that fails, and for either after it
// was killed: each step may have been done before.
#pragma once

#include <string>

#include "early/hand_over/hand_overs.h"
#include "host/root.h"
#include "record/record.h"

namespace early::hand_over {

struct GiveBack {
  bool complete = true;
  std::string what;  // "started again: gdm.service"; "" for nothing besides the drivers
};

// Saves the record. If it is complete, removes the card from `hand_overs`, and saves them.
// `reason`: for the record and the log, which gets each problem once.
GiveBack give_back(const host::Root& root, record::Record& record, HandOvers& hand_overs,
                   const std::string& card, const std::string& reason);

}  // namespace early::hand_over
