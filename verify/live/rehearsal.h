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

enum class Rehearsal {
  kNotHeld,   // where we lie is not known (only root is told), is not in one piece below 4 GiB,
              // or can't be told the device
  kSilent,    // the device did not answer
  kKept,      // its answer landed where the IOMMU led it
  kWentPast,  // it wrote to the physical address
};

// Afterwards nothing is mapped, and the device is stopped.
Rehearsal rehearse(const host::Root& root, vfio::AddressSpace& space, Probe& probe);

}  // namespace verify
