// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration, the machine, and the plan that follows from both.
#pragma once

#include <string>

#include "config/configuration.h"
#include "host/machine.h"
#include "host/result.h"
#include "host/root.h"
#include "plan/plan.h"

namespace early {

struct PlannedMachine {
  host::Machine machine;
  config::Configuration configuration;
  plan::Plan plan;
};

// `wanted`: details beyond those that the plan needs. Fails if the list of PCI functions cannot be
// read.
host::Result<PlannedMachine> plan_machine(const host::Root& root,
                                          const config::Configuration& configuration,
                                          const host::Details& wanted = {});

// The same for a machine that is read already, with all details.
PlannedMachine plan_read_machine(const host::Root& root, const config::Configuration& configuration,
                                 host::Machine machine);

}  // namespace early
