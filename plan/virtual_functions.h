// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cards with 'vfs': the physical function that a section selects, and its virtual functions. Pure.
#pragma once

#include "plan/plan.h"
#include "plan/selection.h"

namespace plan {

// Adds the virtual functions of the selected physical function to the plan: as claims those that
// exist, the others as expected; or the reason why there can be none.
void plan_virtual_functions(const config::Card& card, const Selection& selection,
                            const host::Machine& machine, Plan& plan);

// Does a section with 'vfs' select this function?
bool has_planned_virtual_functions(const Plan& plan, const host::PciAddress& physical);

// "0000:01:10.0 0000:01:10.2 and 5 more": not more than a reader can use.
std::string short_list(const std::vector<host::PciAddress>& addresses);

}  // namespace plan
