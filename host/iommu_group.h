// SPDX-License-Identifier: GPL-2.0-or-later
//
// An IOMMU group: the functions that the kernel can't keep apart, which therefore go to one owner
// together (Documentation/driver-api/vfio.rst).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

struct IommuGroup {
  int number = 0;
  std::string type;  // the default domain: "DMA", "DMA-FQ", "identity"; "" if unreadable
  std::vector<PciAddress> functions;  // in address order; platform devices are left out
};

// The group's number; nothing if the function has none (no IOMMU, or a virtio-iommu before a
// driver binds).
std::optional<int> iommu_group_of(const Root& root, const PciAddress& address);

Result<IommuGroup> read_iommu_group(const Root& root, int number);

// Device addresses that are no one's to map (iommu_group_show_resv_regions, drivers/iommu/iommu.c);
// both ends are included.
struct ReservedRegion {
  uint64_t first = 0;
  uint64_t last = 0;
  std::string type;  // "direct", "direct-relaxable", "reserved", "msi"
};

// Lines of another form are passed over.
Result<std::vector<ReservedRegion>> read_reserved_regions(const Root& root, int number);

// Does the kernel translate through any IOMMU? Intel's interrupt remapping can be on without it.
bool has_iommu(const Root& root);

}  // namespace host
