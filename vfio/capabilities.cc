// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/capabilities.h"

#include <linux/vfio.h>

namespace vfio {
namespace {

// Linux 6.1 puts a capability of 12 bytes before the next one, so no larger alignment can be
// required.
constexpr uint32_t kAlignment = 4;

}  // namespace

host::Result<std::vector<Capability>> parse_capabilities(std::span<const std::byte> info,
                                                         uint32_t first, size_t fixed) {
  std::vector<Capability> found;
  size_t free_from = fixed;  // the lowest valid offset of the next header
  for (uint32_t offset = first; offset != 0;) {
    const auto header = structure_at<vfio_info_cap_header>(info, offset);
    if (!header)
      return host::Error{0, "a capability is outside of the data that the kernel returned"};
    if (offset < free_from) return host::Error{0, "the capability chain points backwards"};
    if (offset % kAlignment != 0) return host::Error{0, "a capability is not aligned"};
    if (!found.empty()) {
      auto& previous = found.back().bytes;
      previous = previous.first(offset - static_cast<size_t>(previous.data() - info.data()));
    }
    found.push_back({header->id, header->version, info.subspan(offset)});
    free_from = offset + sizeof(*header);
    offset = header->next;
  }
  return found;
}

}  // namespace vfio
