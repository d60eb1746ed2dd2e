// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's information about an IOMMU: its capabilities are within it and do not overlap, and
// no range ends before it begins.
#include <cstddef>
#include <cstring>
#include <span>

#include <linux/vfio.h>

#include "tests/fuzz/target.h"
#include "vfio/capabilities.h"
#include "vfio/iommu_info.h"

namespace fuzz {
namespace {

// Linux's layout: the limit of mappings, then two ranges.
struct Answer {
  vfio_iommu_type1_info info = {.argsz = sizeof(Answer),
                                .flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
                                .iova_pgsizes = 0x40201000,
                                .cap_offset = offsetof(Answer, limit)};
  vfio_iommu_type1_info_dma_avail limit = {
      {VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1, offsetof(Answer, header)}, 65535};
  vfio_info_cap_header header = {VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, 0};
  uint32_t count = 2, reserved = 0;
  vfio_iova_range ranges[2] = {{0, 0xfedfffff}, {0xfef00000, 0x7fffffffff}};
};

std::vector<std::string> samples() {
  const Answer answer;
  return {{reinterpret_cast<const char*>(&answer), sizeof(answer)}};
}

void parse(std::string_view text) {
  const size_t size = text.size();
  const auto bytes = std::as_bytes(std::span(text));
  if (const auto info = vfio::parse_iommu_info(bytes); info && info->ranges)
    for (const vfio::IovaRange& range : *info->ranges) require(range.first <= range.last);
  uint32_t first = 0;
  if (size >= sizeof(first)) std::memcpy(&first, text.data(), sizeof(first));
  const auto chain = vfio::parse_capabilities(bytes, first % 128, 8);
  if (!chain) return;
  const std::byte* end = bytes.data() + 8;
  for (const vfio::Capability& capability : *chain) {
    require(capability.bytes.data() >= end);
    require(capability.bytes.size() >= sizeof(vfio_info_cap_header));
    end = capability.bytes.data() + capability.bytes.size();
    require(end <= bytes.data() + size);
  }
}

const Target kTarget("vfio", samples, parse);

}  // namespace
}  // namespace fuzz
