// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why the kernel does not use an IOMMU, and how to change that.
#pragma once

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

// The finding of iommu.present if no IOMMU is active.
Finding no_iommu(const Inspection& inspection);

}  // namespace verify
