// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes driver_override, which keeps host drivers off a function. Older kernels such as 6.1 take
// the device's lock for it, which a probe in flight holds (driver_set_override in
// drivers/base/driver.c): so each write has a time limit. 6.12.117 and 7.2 do not take that lock.
#pragma once

#include <vector>

#include "host/root.h"
#include "record/record.h"

namespace early {

// Reserves every function whose state is kIntended. The state becomes kReserved, kHeld (another
// driver is bound; no override is left) or kFailed. It stays kIntended if bind may unbind the
// driver.
void reserve(const host::Root& root, std::vector<record::FunctionRecord>& functions);

}  // namespace early
