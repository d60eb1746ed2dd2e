// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/planned_machine.h"

namespace early {

// What few machines need is read only if the first plan asks for it: the boot waits for this.
host::Result<PlannedMachine> plan_machine(const host::Root& root,
                                          const config::Configuration& configuration,
                                          const host::Details& wanted) {
  auto machine = host::read_machine(root, plan::details_for(configuration) | wanted);
  if (!machine) return machine.error();
  PlannedMachine planned{
      .machine = std::move(*machine), .configuration = configuration, .plan = {}};
  planned.plan = plan::make_plan(configuration, planned.machine);
  const bool lacks_group = host::find_functions_without_group(
      root, plan::claimed_addresses(planned.plan), planned.machine);
  if (planned.plan.lacks_card)
    planned.machine.late = host::read_late_functions(root, planned.machine);
  if (lacks_group || planned.plan.lacks_card)
    planned.plan = plan::make_plan(configuration, planned.machine);
  return planned;
}

}  // namespace early
