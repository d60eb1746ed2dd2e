// SPDX-License-Identifier: GPL-2.0-or-later
//
// The chain of capabilities behind an info structure (struct vfio_info_cap_header in
// linux/vfio.h), taken from bytes that are not trusted.
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
  std::span<const std::byte> bytes;  // its header included, up to the next one or to the end
};

// Every capability, in the order of the chain; `first` is the offset of the first, 0 for none.
// The kernel only ever appends (vfio_info_cap_add, drivers/vfio/vfio_main.c), so offsets ascend:
// a chain that does not is damaged, which leaves no way to write a cycle. An error also where a
// header lies outside of `info`, inside of its first `fixed` bytes, or at an odd place.
host::Result<std::vector<Capability>> parse_capabilities(std::span<const std::byte> info,
                                                         uint32_t first, size_t fixed);

// The structure at `offset`; nothing if it does not lie within `bytes` as a whole.
template <class T>
std::optional<T> structure_at(std::span<const std::byte> bytes, size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T structure;
  std::memcpy(&structure, bytes.data() + offset, sizeof(T));
  return structure;
}

}  // namespace vfio
