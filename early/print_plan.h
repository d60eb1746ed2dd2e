// SPDX-License-Identifier: GPL-2.0-or-later
//
// Prints the plan: each function and what happens to it, what is refused and why, which displays
// stay with the host, and other problems.
#pragma once

#include <vector>

#include "plan/plan.h"

namespace early {

// `other_warnings`: warnings that are not part of the plan.
void print_plan(const plan::Plan& plan, const config::Configuration& configuration,
                const host::Machine& machine, const std::vector<config::Warning>& other_warnings);

}  // namespace early
