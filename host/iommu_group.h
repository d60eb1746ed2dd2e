// SPDX-License-Identifier: GPL-2.0-or-later
//
// An IOMMU group: functions that the kernel cannot isolate from each other, so that all of them
// have one owner (Documentation/driver-api/vfio.rst).
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
  std::vector<PciAddress> functions;  // in address order, without platform devices
};

// The number of the function's group; nullopt if it has none (no IOMMU, or a virtio-iommu before a
// driver binds).
std::optional<int> iommu_group_of(const Root& root, const PciAddress& address);

Result<IommuGroup> read_iommu_group(const Root& root, int number);

// I/O virtual addresses that must not be mapped (iommu_group_show_resv_regions,
// drivers/iommu/iommu.c). `last` is the last address of the region.
struct ReservedRegion {
  uint64_t first = 0;
  uint64_t last = 0;
  std::string type;  // "direct", "direct-relaxable", "reserved", "msi"
};

// Skips lines of another form.
Result<std::vector<ReservedRegion>> read_reserved_regions(const Root& root, int number);

// Does the kernel translate DMA with an IOMMU? Intel's interrupt remapping can be on without that.
bool has_iommu(const Root& root);

// Does a function that has no group now never get one? The drivers of Intel's and AMD's IOMMUs are
// built into the kernel and assign all groups before the first program starts; those of other
// IOMMUs may be modules.
bool assigns_groups_at_boot(const Root& root);

}  // namespace host
