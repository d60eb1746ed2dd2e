// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot framebuffers over the BARs of a card that is handed over.
#pragma once

#include "early/hand_over/hand_overs.h"
#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

// Notes their platform devices and drivers in `hand_over`, to bind them again.
host::Result<void> note_framebuffers(const host::Root& root, HandOver& hand_over);

}  // namespace early::hand_over
