// SPDX-License-Identifier: GPL-2.0-or-later
//
// dma.superpages: judged by the IOMMU's page tables, if the kernel shows them. The report also has
// the time of each mapping. The time is only an indication: pinning the memory takes most of it.
#pragma once

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

Findings judge_superpages(const Inspection& inspection);

}  // namespace verify
