// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cards of a test's machine, as devices of QEMU.
#pragma once

#include "tests/lab/machine.h"

namespace lab {

// Adds the card with the port or bridge above it. `number`: of the card in its machine, from 1.
void add_card(Command& qemu, const Card& card, int number);

}  // namespace lab
