// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/dma_trial.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "vfio/pages.h"

namespace verify {
namespace {

constexpr uint64_t kFirstChoice = 0x100000;  // 1 MiB: above what old firmware identity-maps
constexpr uint64_t kFourGiB = uint64_t{1} << 32;
constexpr size_t kPages = 16;

std::optional<uint64_t> aligned_up(uint64_t address, uint64_t size) {
  const uint64_t up = (address + size - 1) & ~(size - 1);
  if (up < address) return std::nullopt;  // beyond the end of the address space
  return up;
}

bool in_any(const std::vector<vfio::IovaRange>& ranges, uint64_t address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const auto& range) { return range.contains(address); });
}

MapAttempt attempt(vfio::Container& container, uint64_t iova, std::span<std::byte> memory) {
  const auto answer = container.map(iova, memory, vfio::Access::kReadWrite);
  return {iova, memory.size(), answer ? 0 : answer.error().code};
}

// A mapping that the kernel must refuse. If it succeeds, it is removed, so that it does not affect
// later mappings.
MapAttempt attempt_refusal(vfio::Container& container, uint64_t iova, std::span<std::byte> memory) {
  const MapAttempt answer = attempt(container, iova, memory);
  if (answer.error == 0) (void)container.unmap(iova, memory.size());
  return answer;
}

// The smallest size that can be mapped: the IOMMU's smallest page, and at least a page of the
// processor.
size_t unit_of(const vfio::IommuInfo& info) {
  const uint64_t smallest = info.page_sizes & (~info.page_sizes + 1);
  return std::max<size_t>(vfio::Pages::page_size(), smallest);
}

// The lowest free address at or above `least`.
std::optional<uint64_t> first_fit(const std::vector<vfio::IovaRange>& ranges, uint64_t size,
                                  uint64_t least) {
  std::optional<uint64_t> found;
  for (const vfio::IovaRange& range : ranges) {
    const auto iova = aligned_up(std::max(range.first, least), size);
    if (!iova || *iova > range.last || range.last - *iova < size - 1) continue;
    if (!found || *iova < *found) found = iova;
  }
  return found;
}

}  // namespace

std::optional<uint64_t> free_iova(const std::vector<vfio::IovaRange>& ranges, uint64_t size) {
  const auto low = first_fit(ranges, size, kFirstChoice);
  return low && *low + size <= kFourGiB ? low : high_iova(ranges, size);
}

std::optional<uint64_t> high_iova(const std::vector<vfio::IovaRange>& ranges, uint64_t size) {
  return first_fit(ranges, size, kFourGiB);
}

std::optional<Window> forbidden_window(const std::vector<host::ReservedRegion>& reserved_regions,
                                       const std::vector<vfio::IovaRange>& ranges) {
  for (const char* type : {"msi", "reserved", "direct"})
    for (const host::ReservedRegion& region : reserved_regions)
      if (region.type == type && !in_any(ranges, region.first))
        return Window{region.first, fmt::format("{} window", type)};
  if (ranges.empty() || ranges.back().last == UINT64_MAX) return std::nullopt;
  return Window{ranges.back().last + 1, "above the last address"};
}

DmaTrial try_mapping(vfio::Container& container,
                     const std::vector<host::ReservedRegion>& reserved_regions) {
  DmaTrial trial;
  const auto info = container.iommu_info();
  if (!info) return trial.obstacle = info.error(), trial;
  trial.mappings_left = info->mappings_left;
  const auto ranges = info->ranges.value_or(std::vector<vfio::IovaRange>{});
  const size_t unit = unit_of(*info);
  const auto pages = vfio::Pages::allocate(kPages * unit);
  if (!pages) return trial.obstacle = pages.error(), trial;

  const std::span<std::byte> memory = pages->bytes();
  const uint64_t iova = free_iova(ranges, memory.size()).value_or(kFirstChoice);
  trial.map = attempt(container, iova, memory);
  if (trial.map->error != 0) return trial;

  trial.overlap = attempt_refusal(container, iova + unit, memory.first(unit));
  if (const auto window = forbidden_window(reserved_regions, ranges)) {
    trial.reserved_window = window->name;
    trial.reserved = attempt_refusal(container, window->first, memory.first(unit));
  }
  const auto unmapped = container.unmap(iova, memory.size());
  if (unmapped) trial.unmapped = *unmapped;
  if (!unmapped) trial.unmap_error = unmapped.error();
  return trial;
}

}  // namespace verify
