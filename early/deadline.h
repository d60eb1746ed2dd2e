// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may block in the kernel, uninterruptibly, is done by a child under a deadline. Where that
// passes the child is given up: it can't be killed before the kernel lets go, and what it was at
// may still happen.
#pragma once

#include <functional>
#include <string>

#include "host/result.h"
#include "host/root.h"

namespace early {

// Fails with ETIMEDOUT where it takes longer than `seconds`, and else as `work` does; in either
// case the error names `step`.
host::Result<void> within(int seconds, const std::string& step,
                          const std::function<host::Result<void>()>& work);

// A write to sysfs that takes a lock which others hold for long: five seconds.
host::Result<void> timed_write(const host::Root& root, const std::string& path,
                               const std::string& text);

}  // namespace early
