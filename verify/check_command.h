// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify check`, the default: can the configured cards be given to a guest?
#pragma once

#include "config/configuration.h"
#include "host/root.h"
#include "verify/check/inspection.h"
#include "verify/options.h"

namespace verify {

int run_check(const host::Root& root, const Options& given);

// Reads what the checks guest.* need (vfio-verify(8)).
void inspect_guest(const host::Root& root, const Options& options,
                   const config::Configuration& configuration, Inspection& inspection);

}  // namespace verify
