// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dry run: before any other test, a device works with addresses at which it does no harm even
// if it bypasses the IOMMU. Each address that the device gets is also the physical address of a
// page of this process. If the device uses the IOMMU, its answer arrives in the page that is mapped
// at the address; if it bypasses the IOMMU, in the page with that physical address.
#pragma once

#include "host/result.h"
#include "host/root.h"
#include "verify/trial/probes/probe.h"
#include "vfio/address_space.h"

namespace verify {

enum class DryRun {
  kNotPerformed,  // not run: the physical address is unknown (only root can read it), is not
                  // contiguous below 4 GiB, or cannot be mapped
  kNoAnswer,      // the device did not answer
  kTranslated,    // its answer arrived through the IOMMU
  kBypassed,      // it bypasses the IOMMU: it wrote to the physical address
};

// Afterwards nothing is mapped, and the device is stopped.
DryRun perform_dry_run(const host::Root& root, vfio::AddressSpace& space, Probe& probe);

}  // namespace verify
