// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of `vfio-early plan` about cards with 'hand-over = yes'.
#pragma once

#include "config/configuration.h"
#include "host/root.h"

namespace early::hand_over {

// For each of them: what `vfio-early claim CARD` would take now, or why it would not.
void print_hand_overs(const host::Root& root, const config::Configuration& configuration);

}  // namespace early::hand_over
