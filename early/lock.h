// SPDX-License-Identifier: GPL-2.0-or-later
//
// Only one process binds at a time: /run/vfio-early/lock.
#pragma once

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"

namespace early {

// Held until the returned descriptor is closed. Waits for another holder, but never longer than
// `seconds`: then EWOULDBLOCK.
host::Result<host::Fd> take_lock(const host::Root& root, int seconds);

}  // namespace early
