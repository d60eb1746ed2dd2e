// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands that hand a card over in the running system. Each takes the lock, and returns the
// exit status.
#pragma once

#include "early/options.h"
#include "host/root.h"

namespace early::hand_over {

int run_claim(const host::Root& root, const Options& options);
int run_release(const host::Root& root, const Options& options);
int run_recover(const host::Root& root, const Options& options);
int run_libvirt_hook(const host::Root& root, const Options& options);

}  // namespace early::hand_over
