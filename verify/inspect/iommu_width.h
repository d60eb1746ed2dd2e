// SPDX-License-Identifier: GPL-2.0-or-later
//
// The width of the addresses that an IOMMU maps. A processor of the same machine may have more: a
// guest then places BARs where the IOMMU cannot map them.
#pragma once

#include <cstdint>

#include "host/pci_address.h"
#include "host/root.h"

namespace verify {

// Of a VT-d unit, from its Capability register (VT-d 4.1, 11.4.2).
int vtd_width(uint64_t capability);

// In bits; 0: unknown. Only VT-d units report it. Of the unit of this function, or of all units if
// sysfs does not say which unit that is, and all have the same width.
int read_iommu_width(const host::Root& root, const host::PciAddress& address);

}  // namespace verify
