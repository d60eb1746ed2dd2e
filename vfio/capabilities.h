// SPDX-License-Identifier: GPL-2.0-or-later
//
// The chain of capabilities after an info structure (struct vfio_info_cap_header in linux/vfio.h),
// parsed from untrusted bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "host/result.h"

namespace vfio {

struct Capability {
  uint16_t id = 0;
  uint16_t version = 0;
  std::span<const std::byte> bytes;  // with its header, up to the next capability or the end
};

// All capabilities, in the order of the chain. `first` is the offset of the first one; 0: none. The
// kernel only appends (vfio_info_cap_add, drivers/vfio/vfio_main.c), so valid offsets ascend. If
// they do not, that is an error, which also excludes cycles. A header outside of `info`, inside its
// first `fixed` bytes or at an unaligned offset is an error, too.
host::Result<std::vector<Capability>> parse_capabilities(std::span<const std::byte> info,
                                                         uint32_t first, size_t fixed);

// The structure at `offset`; nullopt if it does not lie completely within `bytes`.
template <class T>
std::optional<T> structure_at(std::span<const std::byte> bytes, size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T structure;
  std::memcpy(&structure, bytes.data() + offset, sizeof(T));
  return structure;
}

}  // namespace vfio
