// SPDX-License-Identifier: GPL-2.0-or-later
//
// Facts, then trials: the order of a run of vfio-verify. --live comes after it (run_live_trials()
// in verify/trial/live/live.h).
#pragma once

#include <string>

#include "config/configuration.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/check/inspection.h"

namespace verify {

// Fails only if the PCI bus cannot be read.
host::Result<Inspection> inspect(const host::Root& root, const config::Configuration& configuration,
                                 const Scope& scope);

// The image of the next boot, and the findings about it.
JudgedImage inspect_next_image(const host::Root& root, const config::Configuration& configuration,
                               const std::string& configuration_file, const Facts& facts);

}  // namespace verify
