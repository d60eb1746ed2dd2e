// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the checks report about the IOMMU, the group and the card, as steps of `setup`.
#pragma once

#include "verify/check/inspection.h"
#include "verify/setup/steps.h"

namespace verify {

// Adds a step for each failed check and each warning. Functions and checks with the same remedy
// have one step.
void add_findings(const Inspection& inspection, Steps& steps);

}  // namespace verify
