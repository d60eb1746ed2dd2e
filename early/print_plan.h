// SPDX-License-Identifier: GPL-2.0-or-later
//
// The plan for a person, on standard output: each function and what happens to it, what is refused
// and why, which displays remain, and what else may spoil it.
#pragma once

#include <vector>

#include "plan/plan.h"

namespace early {

// `beside`: warnings that are no part of the plan itself.
void print_plan(const plan::Plan& plan, const plan::Configuration& configuration,
                const host::Machine& machine, const std::vector<plan::Warning>& beside);

}  // namespace early
