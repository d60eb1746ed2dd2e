// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/planned_machine.h"

namespace early {

namespace {

// A plan that refuses a card may claim another one instead, such as the last display: its functions
// are checked, too. Ends, because a plan claims no function that lacks a group.
void refuse_functions_without_group(const host::Root& root, PlannedMachine& planned) {
  while (host::find_functions_without_group(root, plan::claimed_addresses(planned.plan),
                                            planned.machine))
    planned.plan = plan::make_plan(planned.configuration, planned.machine);
}

}  // namespace

host::Result<PlannedMachine> plan_machine(const host::Root& root,
                                          const config::Configuration& configuration,
                                          const host::Details& wanted) {
  auto machine = host::read_machine(root, plan::details_for(configuration) | wanted);
  if (!machine) return machine.error();
  return plan_read_machine(root, configuration, std::move(*machine));
}

// What few machines need is read only if the first plan asks for it: the boot waits for this.
PlannedMachine plan_read_machine(const host::Root& root, const config::Configuration& configuration,
                                 host::Machine machine) {
  PlannedMachine planned{.machine = std::move(machine), .configuration = configuration, .plan = {}};
  planned.plan = plan::make_plan(configuration, planned.machine);
  refuse_functions_without_group(root, planned);
  if (!planned.plan.lacks_card) return planned;
  // Changes only why a missing card is refused: the claims, whose groups are read, stay the same.
  planned.machine.late = host::read_late_functions(root, planned.machine);
  planned.plan = plan::make_plan(configuration, planned.machine);
  return planned;
}

}  // namespace early
