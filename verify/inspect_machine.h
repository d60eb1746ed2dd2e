// SPDX-License-Identifier: GPL-2.0-or-later
//
// Facts, then trials: the order of a run of vfio-verify. --live comes after it (run_live_trials()
// in verify/trial/live/live.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/check/inspection.h"
#include "verify/inspect/boot/configuration.h"

namespace verify {

// Fails only if the PCI bus cannot be read.
host::Result<Inspection> inspect(const host::Root& root, const config::Configuration& configuration,
                                 const Scope& scope);

// The image of the next boot, and the findings about it.
JudgedImage inspect_next_image(const BootConfiguration& boot,
                               const config::Configuration& configuration,
                               const std::string& configuration_file, const Facts& facts);

// All images of this machine, except `left_out`: see installed_images.h.
JudgedImages inspect_images(const BootConfiguration& boot,
                            const config::Configuration& configuration,
                            const std::string& configuration_file, const Facts& facts,
                            const std::optional<host::Error>& unread_bus = std::nullopt,
                            const std::vector<std::string>& left_out = {});

}  // namespace verify
