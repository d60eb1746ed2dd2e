// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs an operation that may never return, such as a firmware call or loading a module, in a child
// (host/forked.h). The boot continues when the time is over. The child has the environment of
// host/child.h.
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
