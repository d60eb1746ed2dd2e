// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel says when memory is mapped for a group: once as it should be, then twice as it
// must not be. Nothing here makes a device do DMA: no device is opened.
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

// One request to map, and its answer: 0 or the errno.
struct MapAttempt {
  uint64_t iova = 0;
  uint64_t size = 0;
  int error = 0;
};

struct DmaTrial {
  std::optional<host::Error> obstacle;  // why it could not begin
  std::optional<MapAttempt> map;
  std::optional<uint32_t> mappings_left;   // before it, where the kernel says how many
  std::optional<MapAttempt> overlap;       // over a part of `map`, while that stood
  std::optional<MapAttempt> reserved;      // where no device may reach memory
  std::string reserved_window;             // "msi window"
  std::optional<uint64_t> unmapped;        // bytes, of `map`
  std::optional<host::Error> unmap_error;  // instead of them
};

DmaTrial try_mapping(vfio::Container& container,
                     const std::vector<host::ReservedRegion>& reserved_regions);

// An address that takes `size` bytes (a power of two) at a multiple of `size`, below 4 GiB where
// possible: old devices reach no further. Address 0 is left alone.
std::optional<uint64_t> free_iova(const std::vector<vfio::IovaRange>& ranges, uint64_t size);

// The same above 4 GiB alone.
std::optional<uint64_t> high_iova(const std::vector<vfio::IovaRange>& ranges, uint64_t size);

struct Window {
  uint64_t first = 0;
  std::string name;
};

// A place where a mapping must be refused: the MSI window, another reserved region, or what lies
// above the last range.
std::optional<Window> forbidden_window(const std::vector<host::ReservedRegion>& reserved_regions,
                                       const std::vector<vfio::IovaRange>& ranges);

}  // namespace verify
