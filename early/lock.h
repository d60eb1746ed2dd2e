// SPDX-License-Identifier: GPL-2.0-or-later
//
// Only one process binds at a time, and only one runs `enable` or `disable`.
#pragma once

#include <string>

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"

namespace early {

inline constexpr const char* kBindLock = "/run/vfio-early/lock";

// Held until the returned descriptor is closed. Waits for another holder, but never longer than
// `seconds`: then EWOULDBLOCK.
host::Result<host::Fd> take_lock(const host::Root& root, int seconds,
                                 const std::string& file = kBindLock);

}  // namespace early
