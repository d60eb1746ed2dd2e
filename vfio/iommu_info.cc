// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/iommu_info.h"

#include <linux/vfio.h>

#include "vfio/capabilities.h"

namespace vfio {
namespace {

host::Result<std::vector<IovaRange>> parse_ranges(std::span<const std::byte> bytes) {
  using Capability = vfio_iommu_type1_info_cap_iova_range;
  constexpr size_t kList = offsetof(Capability, iova_ranges);
  const auto count = structure_at<uint32_t>(bytes, offsetof(Capability, nr_iovas));
  if (!count || bytes.size() < kList || *count > (bytes.size() - kList) / sizeof(vfio_iova_range))
    return host::Error{0,
                       "the list of IOVA ranges is longer than the data that the kernel returned"};

  std::vector<IovaRange> ranges;
  for (size_t i = 0; i < *count; ++i) {
    const auto range = structure_at<vfio_iova_range>(bytes, kList + i * sizeof(vfio_iova_range));
    if (!range || range->start > range->end)
      return host::Error{0, "an IOVA range ends before it starts"};
    ranges.push_back({range->start, range->end});
  }
  return ranges;
}

}  // namespace

host::Result<IommuInfo> parse_iommu_info(std::span<const std::byte> bytes) {
  const auto fixed = structure_at<vfio_iommu_type1_info>(bytes, 0);
  if (!fixed) return host::Error{0, "VFIO_IOMMU_GET_INFO returned too little data"};

  IommuInfo info;
  if (fixed->flags & VFIO_IOMMU_INFO_PGSIZES) info.page_sizes = fixed->iova_pgsizes;
  if (!(fixed->flags & VFIO_IOMMU_INFO_CAPS)) return info;
  const auto capabilities = parse_capabilities(bytes, fixed->cap_offset, sizeof(*fixed));
  if (!capabilities) return capabilities.error();
  for (const Capability& capability : *capabilities) {
    if (capability.version != 1) continue;
    if (capability.id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
      info.mappings_left = structure_at<uint32_t>(capability.bytes,
                                                  offsetof(vfio_iommu_type1_info_dma_avail, avail));
    if (capability.id != VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) continue;
    auto ranges = parse_ranges(capability.bytes);
    if (!ranges) return ranges.error();
    info.ranges = std::move(*ranges);
  }
  return info;
}

}  // namespace vfio
