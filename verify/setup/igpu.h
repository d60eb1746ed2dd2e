// SPDX-License-Identifier: GPL-2.0-or-later
//
// The display of an Intel processor, which is always at 0000:00:02.0. Guests and their firmware
// expect it there too, and need its OpRegion, which describes its outputs (docs/igd-assign.txt in
// QEMU).
#pragma once

#include <string>

#include "verify/check/inspection.h"

namespace verify {

// Is the card this display alone?
bool is_intel_igpu(const Inspection& inspection);

// Does this kernel offer the OpRegion of the card, which is such a display?
bool has_opregion(const Inspection& inspection);

// What its outputs still need; begins with an empty line.
std::string igpu_text(const Inspection& inspection);

}  // namespace verify
