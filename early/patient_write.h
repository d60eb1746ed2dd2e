// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing attributes of sysfs whose kernel side may wait for a device's lock, and never waiting for
// one longer than a boot may wait. bind, unbind, drivers_probe, reset_method and power/control take
// that lock in every kernel, driver_override in older ones only (see reserve.h).
//
// Such a wait is uninterruptible, and a probe in flight holds the lock for as long as it likes. So
// a child writes, and the parent gives each write a limit. Opening takes no lock: the caller does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"

namespace early {

struct AttributeWrite {
  host::Fd attribute;
  std::string text;
  int milliseconds = 1000;  // what a boot can spare
};

struct WriteOutcome {
  int code = 0;         // errno; ETIMEDOUT: given up, though it may still happen; 0: it succeeded
  int64_t when_ns = 0;  // when it had succeeded, CLOCK_BOOTTIME
};

// Opens an attribute for a patient write, without waiting. ENXIO: it is a pipe that nobody reads.
host::Result<host::Fd> open_attribute(const host::Root& root, const std::string& path);

// Makes the writes in their order; one outcome for each. What one hangs in does not keep the rest.
std::vector<WriteOutcome> write_patiently(std::vector<AttributeWrite> writes);

// One write, opened here.
host::Result<void> write_patiently(const host::Root& root, const std::string& path,
                                   const std::string& text, int milliseconds = 1000);

}  // namespace early
