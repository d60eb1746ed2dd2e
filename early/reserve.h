// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing driver_override, the one thing that keeps host drivers off a function. Older kernels, 6.1
// for one, take the device's lock for it, which a probe in flight holds (driver_set_override in
// drivers/base/driver.c): so each write has a limit. 6.12.117 and 7.2 do not.
#pragma once

#include <vector>

#include "host/root.h"
#include "plan/record.h"

namespace early {

// Reserves every function whose state is kIntended, and settles it as kReserved, kHeld (another
// driver was there first: nothing is left written) or kFailed.
void reserve(const host::Root& root, std::vector<plan::FunctionRecord>& functions);

}  // namespace early
