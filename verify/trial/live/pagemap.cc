// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/pagemap.h"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "vfio/pages.h"

namespace verify {

// Bits 0 to 54 of an entry are the frame, bit 63 says that the page is present.
std::optional<uint64_t> physical_address(const host::Root& root,
                                         std::span<const std::byte> memory) {
  const auto map = root.open_file("/proc/self/pagemap", O_RDONLY);
  if (!map) return std::nullopt;
  const size_t size = vfio::Pages::page_size();
  uint64_t entry = 0;
  const auto where = reinterpret_cast<uintptr_t>(memory.data()) / size * sizeof(entry);
  if (::pread(map->get(), &entry, sizeof(entry), static_cast<off_t>(where)) != sizeof(entry))
    return std::nullopt;
  const uint64_t frame = entry & ((uint64_t{1} << 55) - 1);
  if (!(entry >> 63) || frame == 0) return std::nullopt;
  return frame * size;
}

std::optional<uint64_t> contiguous_physical_address(const host::Root& root,
                                                    std::span<const std::byte> memory) {
  const auto first = physical_address(root, memory);
  if (!first) return std::nullopt;
  const size_t stride = std::max<size_t>(vfio::Pages::page_size(), memory.size() / 512);
  for (size_t i = stride; i < memory.size(); i += stride)
    if (physical_address(root, memory.subspan(i)) != *first + i) return std::nullopt;
  return first;
}

}  // namespace verify
