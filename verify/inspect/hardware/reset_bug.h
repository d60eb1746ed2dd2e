// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cards that do not recover from a reset.
#pragma once

#include <string>

#include "host/machine.h"

namespace verify::hardware {

// The family of an AMD graphics card that hangs after a reset of its bus, until the machine is
// switched off; "" for all other devices.
std::string reset_bug(const host::PciId& id);
// The same for a card: its display function has the family's id, and its other functions are reset
// with it.
std::string reset_bug(const host::Machine& machine, const host::PciSlot& slot);

}  // namespace verify::hardware
