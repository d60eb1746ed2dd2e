// SPDX-License-Identifier: GPL-2.0-or-later
//
// Gives a card back that no guest uses, whatever was killed. vfio-early-recover.timer, which a
// claim starts before it changes anything, runs `vfio-early recover` every five seconds. systemd
// keeps the timer, and no process of vfio-early has to live.
#pragma once

#include "early/hand_over/hand_overs.h"
#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

// A guest must use a card that is watched this long after the claim or after its last use. With the
// interval of the timer and a release, the host has the card again within 30 s.
inline constexpr int64_t kUnusedNanoseconds = int64_t{15} * 1'000'000'000;

// ENOSYS: this machine has no systemd.
host::Result<void> start_watch(const host::Root& root);
void stop_watch(const host::Root& root);

// Has a process one of the functions open through VFIO, or does a process of the domain live, which
// may open them later? Opens nothing: a group can be open only once, and a guest may be about to.
bool is_used(const host::Root& root, const HandOver& hand_over);

enum class Watch { kNothing, kChanged, kGiveBack };

// What follows from the time and the use. Updates unused_since_ns. Pure.
Watch judge_use(HandOver& hand_over, bool used, int64_t now_ns);

}  // namespace early::hand_over
