// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands enable, disable and status of vfio-early(8). Each returns the exit status.
#pragma once

#include "early/options.h"
#include "host/root.h"

namespace early::enable {

int run_enable(const host::Root& root, const Options& options);
int run_disable(const host::Root& root, const Options& options);
int run_status(const host::Root& root, const Options& options);

}  // namespace early::enable
