// SPDX-License-Identifier: GPL-2.0-or-later
//
// Undoes claims and completes releases that were killed, and gives back the cards that are watched
// and that no guest uses.
#pragma once

#include <optional>
#include <string>

#include "early/hand_over/hand_overs.h"
#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

// What is handed over, after each interrupted claim was undone and each interrupted release was
// completed. The caller has the lock.
host::Result<HandOvers> recover_interrupted(const host::Root& root);

// `vfio-early recover`, which vfio-early-recover.timer runs: the same, and gives unused cards back.
// Returns the exit status. The caller has the lock.
int recover(const host::Root& root);

// `vfio-early release CARD` of a card that was claimed in the running system, or at boot; returns
// the exit status. nullopt: no card of this boot has that name or address. The caller has the lock.
std::optional<int> release_card(const host::Root& root, const std::string& what);

// Stops the timer, unless a card needs it.
void stop_idle_watch(const host::Root& root, const HandOvers& hand_overs);

}  // namespace early::hand_over
