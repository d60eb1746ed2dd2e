// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing driver_override, the one thing that keeps host drivers off a function. The kernel takes
// the device's lock for it (driver_set_override in drivers/base/driver.c): patiently, then.
#pragma once

#include <vector>

#include "host/root.h"
#include "plan/record.h"

namespace early {

// Reserves every function whose state is kIntended, and settles it as kReserved, kHeld (another
// driver was there first: nothing is left written) or kFailed.
void reserve(const host::Root& root, std::vector<plan::FunctionRecord>& functions);

}  // namespace early
