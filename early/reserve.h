// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing driver_override, and never waiting for it longer than a boot may wait.
//
// The kernel takes the device's lock for the write (driver_set_override in drivers/base/driver.c),
// uninterruptibly, and a probe in flight holds that lock for as long as it likes. So a child
// writes, and the parent gives each function a second.
#pragma once

#include <vector>

#include "host/root.h"
#include "plan/record.h"

namespace early {

// Reserves every function whose state is kIntended, and settles it as kReserved, kHeld (another
// driver was there first: nothing is left written) or kFailed.
void reserve(const host::Root& root, std::vector<plan::FunctionRecord>& functions);

}  // namespace early
