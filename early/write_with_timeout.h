// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes to sysfs attributes with a time limit, since the kernel may wait for the device's lock and
// a boot must not. bind, unbind, drivers_probe, reset_method and power/control take that lock in
// every kernel, driver_override in older ones only (see reserve.h).
//
// Such a wait is uninterruptible, and a probe in flight holds the lock until it returns. So a child
// writes, and the parent limits each write. Opening takes no lock: the caller opens the attribute.
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
  int milliseconds = 1000;  // the time limit
};

struct WriteOutcome {
  int code = 0;         // errno; ETIMEDOUT: the write may still happen later; 0: success
  int64_t when_ns = 0;  // when it returned, CLOCK_BOOTTIME
};

// Opens an attribute for write_with_timeout(), without waiting. ENXIO: it is a pipe without a
// reader.
host::Result<host::Fd> open_attribute(const host::Root& root, const std::string& path);

// Performs the writes in their order; one outcome for each. If one hangs, the others still happen.
std::vector<WriteOutcome> write_with_timeout(std::vector<AttributeWrite> writes);

// One write; opens the attribute.
host::Result<void> write_with_timeout(const host::Root& root, const std::string& path,
                                      const std::string& text, int milliseconds = 1000);

// What to do about a write that failed with this errno: "run as root" fixes only missing
// permissions.
const char* remedy_for_write(int code);

}  // namespace early
