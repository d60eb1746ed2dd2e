// SPDX-License-Identifier: GPL-2.0-or-later
//
// The properties of a type1 IOMMU: VFIO_IOMMU_GET_INFO.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/result.h"

namespace vfio {

// Addresses that may be mapped for a device; `last` is included.
struct IovaRange {
  uint64_t first = 0;
  uint64_t last = 0;

  bool contains(uint64_t address) const { return address >= first && address <= last; }
};

struct IommuInfo {
  uint64_t page_sizes = 0;  // one bit for each size
  // nullopt: the kernel does not report them (before 5.4).
  std::optional<std::vector<IovaRange>> ranges;
  // The number of mappings that can still be added; nullopt: not reported (before 5.10).
  std::optional<uint32_t> mappings_left;
};

// Parses the bytes that the kernel returned: struct vfio_iommu_type1_info and its capabilities.
host::Result<IommuInfo> parse_iommu_info(std::span<const std::byte> bytes);

}  // namespace vfio
