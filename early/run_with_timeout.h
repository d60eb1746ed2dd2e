// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs an operation that may never return, such as a firmware call or loading a module. Such a wait
// is uninterruptible, so a child runs the operation, and the caller stops waiting when the time is
// over. The child is then killed, but ends only when the kernel lets it, and the operation may
// still take effect. Processes that the child starts (libkmod runs the commands of modprobe.d(5))
// have the environment of host/child.h, and are killed with the child.
#pragma once

#include <functional>
#include <string>

#include "host/result.h"

namespace early {

// The result of `operation`: a short text, or an error. ETIMEDOUT with `step`: the time is over.
host::Result<std::string> run_with_timeout(
    int milliseconds, const std::string& step,
    const std::function<host::Result<std::string>()>& operation);

}  // namespace early
