// SPDX-License-Identifier: GPL-2.0-or-later
//
// The check iommu.attach: what the result of the attachment trial means.
#pragma once

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

Finding judge_attachment(const Inspection& inspection, const InspectedGroup& group);

}  // namespace verify
