// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/extended_capability.h"

#include <fcntl.h>
#include <unistd.h>

namespace host {
namespace {

// PCIe 6.0, 7.6.3: a chain of extended capabilities. Each begins with its id (bits 0 to 15) and the
// offset of the next one (bits 20 to 31).
constexpr unsigned kFirstExtended = 0x100;
constexpr unsigned kConfigSize = 0x1000;
constexpr uint32_t kNoDevice = 0xffffffff;

std::optional<uint32_t> read_dword(const Fd& config, unsigned offset) {
  unsigned char bytes[4];
  if (::pread(config.get(), bytes, sizeof(bytes), offset) != sizeof(bytes)) return std::nullopt;
  uint32_t value = 0;
  for (const unsigned char byte : {bytes[3], bytes[2], bytes[1], bytes[0]})
    value = value << 8 | byte;
  return value;
}

}  // namespace

std::optional<ExtendedCapability> ExtendedCapability::find(const Root& root,
                                                           const PciAddress& address, uint16_t id) {
  auto config = root.open_file(address.sysfs() + "/config", O_RDONLY | O_NONBLOCK);
  if (!config) return std::nullopt;
  // The extended space has room for so many capabilities: a longer chain is a loop.
  unsigned at = kFirstExtended;
  for (unsigned left = (kConfigSize - kFirstExtended) / 8; left > 0 && at >= kFirstExtended;
       --left) {
    const auto header = read_dword(*config, at);
    if (!header || *header == 0 || *header == kNoDevice) return std::nullopt;
    if ((*header & 0xffff) == id) return ExtendedCapability(std::move(*config), at);
    at = *header >> 20;
  }
  return std::nullopt;
}

std::optional<uint32_t> ExtendedCapability::dword(unsigned offset) const {
  return read_dword(config_, at_ + offset);
}

std::optional<uint16_t> ExtendedCapability::word(unsigned offset) const {
  const auto both = dword(offset & ~3U);
  if (!both) return std::nullopt;
  return static_cast<uint16_t>(*both >> (8 * (offset & 2U)));
}

}  // namespace host
