// SPDX-License-Identifier: GPL-2.0-or-later
//
// The step of `vfio-early claim CARD` that takes the functions from their drivers.
#pragma once

#include <string>

#include "host/root.h"
#include "record/record.h"

namespace early::hand_over {

// Reserves the functions of the card and unbinds their drivers, as bind() does it, but only for
// this card, whose holders were looked for. Afterwards each is kReserved, or kBound if it was so
// before; or kHeld, or kFailed, with the reason. After the first driver that does not release
// its function, no other is unbound: the caller gives the card back. Saves the record before and
// after.
void take_functions(const host::Root& root, record::Record& record, const std::string& card);

}  // namespace early::hand_over
