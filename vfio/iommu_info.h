// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a type1 IOMMU says about itself: VFIO_IOMMU_GET_INFO.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/result.h"

namespace vfio {

// Addresses that a device may be given; both ends are included.
struct IovaRange {
  uint64_t first = 0;
  uint64_t last = 0;

  bool contains(uint64_t address) const { return address >= first && address <= last; }
};

struct IommuInfo {
  uint64_t page_sizes = 0;  // one bit for each size
  // Nothing where the kernel does not say (before 5.4).
  std::optional<std::vector<IovaRange>> ranges;
  // How many more mappings there may be now; nothing where the kernel does not say (before 5.10).
  std::optional<uint32_t> mappings_left;
};

// From the bytes that the kernel filled in: struct vfio_iommu_type1_info and its capabilities.
host::Result<IommuInfo> parse_iommu_info(std::span<const std::byte> bytes);

}  // namespace vfio
