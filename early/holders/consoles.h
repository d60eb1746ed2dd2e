// SPDX-License-Identifier: GPL-2.0-or-later
//
// The virtual consoles on the framebuffer of a card.
#pragma once

#include "early/holders/device_nodes.h"
#include "early/holders/holder.h"

namespace early::holders {

// The console drivers such as vtcon1, "(M) frame buffer device", that are bound, if the card has a
// framebuffer.
Holders consoles_on(const host::Root& root, const DeviceNodes& nodes);

}  // namespace early::holders
