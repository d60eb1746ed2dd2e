// SPDX-License-Identifier: GPL-2.0-or-later
//
// The record of a plan of which nothing is done yet. Pure.
#pragma once

#include "host/machine.h"
#include "plan/plan.h"
#include "record/record.h"

namespace plan {

record::Record intended_record(const Plan& plan, const config::Configuration& configuration,
                               const host::Machine& machine);

}  // namespace plan
