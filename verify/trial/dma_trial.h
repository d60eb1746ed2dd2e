// SPDX-License-Identifier: GPL-2.0-or-later
//
// Mapping memory for a group: one mapping that must succeed, and two that the kernel must refuse.
// No device is opened, so no device does DMA.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/iommu_group.h"
#include "host/result.h"
#include "vfio/container.h"
#include "vfio/iommu_info.h"

namespace verify {

// One mapping request. `error` is 0 or the errno.
struct MapAttempt {
  uint64_t iova = 0;
  uint64_t size = 0;
  int error = 0;
};

struct DmaTrial {
  std::optional<host::Error> obstacle;  // why the trial could not start
  std::optional<MapAttempt> map;
  std::optional<uint32_t> mappings_left;   // before `map`; nullopt: the kernel does not report it
  std::optional<MapAttempt> overlap;       // over a part of `map`, while that is mapped
  std::optional<MapAttempt> reserved;      // at an address that the IOMMU reserves
  std::string reserved_window;             // "msi window"
  std::optional<uint64_t> unmapped;        // bytes of `map` that were unmapped
  std::optional<host::Error> unmap_error;  // why `map` could not be unmapped
};

DmaTrial try_mapping(vfio::Container& container,
                     const std::vector<host::ReservedRegion>& reserved_regions);

// A free IOVA for `size` bytes (a power of two), aligned to `size`. Below 4 GiB if possible, since
// old devices cannot address more. Never 0.
std::optional<uint64_t> free_iova(const std::vector<vfio::IovaRange>& ranges, uint64_t size);

// As free_iova(), but only above 4 GiB.
std::optional<uint64_t> high_iova(const std::vector<vfio::IovaRange>& ranges, uint64_t size);

struct Window {
  uint64_t first = 0;
  std::string name;
};

// An IOVA at which the kernel must refuse a mapping: in the MSI window, in another reserved region,
// or above the last range.
std::optional<Window> forbidden_window(const std::vector<host::ReservedRegion>& reserved_regions,
                                       const std::vector<vfio::IovaRange>& ranges);

}  // namespace verify
