// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify save`, `diff` and `after-update`: what has changed since the passport was taken?
#pragma once

#include "host/root.h"
#include "verify/options.h"

namespace verify {

int run_save(const host::Root& root, const Options& options);

// Without operands: the saved passport and this machine. One file: that passport and this machine.
// Two files: these passports.
int run_diff(const host::Root& root, const Options& options);

// Saves both passports before it runs the checks. If the checks are interrupted, the next boot does
// not run them again.
int run_after_update(const host::Root& root, const Options& options);

}  // namespace verify
