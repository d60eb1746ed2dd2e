// SPDX-License-Identifier: GPL-2.0-or-later
//
// The plan as a table on standard output.
#pragma once

#include "plan/plan.h"

namespace early {

void print_plan(const plan::Plan& plan, const plan::Configuration& configuration);

}  // namespace early
