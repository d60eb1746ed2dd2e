// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify image FILE.
#pragma once

#include "host/root.h"
#include "plan/configuration.h"
#include "verify/options.h"

namespace verify {

// Prints the report and returns the exit code. FILE is this machine's, not looked up in --root.
int judge_image(const host::Root& root, const plan::Configuration& configuration,
                const Options& options, bool colour);

}  // namespace verify
