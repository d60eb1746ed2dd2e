// SPDX-License-Identifier: GPL-2.0-or-later
//
// Before anything else a device is made to work where one that goes past the IOMMU does no harm:
// every address that it is told is the physical address of a page of ours. Through the IOMMU its
// answer lands in the page that is mapped there, past it in the page that really lies there.
#pragma once

#include "host/result.h"
#include "host/root.h"
#include "verify/probes/probe.h"
#include "vfio/address_space.h"

namespace verify {

// True: the device wrote past the IOMMU. False: it did not, or it did not answer; and also where
// nothing could be tried: where we lie is not known (only root is told), is not in one piece below
// 4 GiB, or can't be told the device. Afterwards nothing is mapped, and the device is stopped.
bool goes_past_the_iommu(const host::Root& root, vfio::AddressSpace& space, Probe& probe);

}  // namespace verify
