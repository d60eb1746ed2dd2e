// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asking what may never answer: the firmware, say, or a module that hangs while it loads. Such a
// wait is uninterruptible, so a child asks, and is given up when the time is over. (It is killed,
// but ends only when the kernel lets go of it, and what it asked for may still happen.) Processes
// that the child starts (libkmod runs the commands of modprobe.d(5)) have the environment of
// host/child.h, and are killed with the child.
#pragma once

#include <functional>
#include <string>

#include "host/result.h"

namespace early {

// What `ask` returned: a short text, or why there is none. ETIMEDOUT on `step`: the time is over.
host::Result<std::string> ask_within(int milliseconds, const std::string& step,
                                     const std::function<host::Result<std::string>()>& ask);

}  // namespace early
