// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/pci_serial.h"

#include <fcntl.h>
#include <unistd.h>

#include "host/text.h"

namespace host {
namespace {

// PCIe 6.0, 7.6.3: a chain of extended capabilities. Each begins with its id (bits 0 to 15) and the
// offset of the next one (bits 20 to 31).
constexpr off_t kFirstExtended = 0x100;
constexpr off_t kConfigSize = 0x1000;
constexpr uint32_t kSerialCapability = 0x0003;
constexpr uint32_t kNoDevice = 0xffffffff;

std::optional<uint32_t> dword(const Fd& config, off_t offset) {
  unsigned char bytes[4];
  if (::pread(config.get(), bytes, sizeof(bytes), offset) != sizeof(bytes)) return std::nullopt;
  uint32_t value = 0;
  for (const unsigned char byte : {bytes[3], bytes[2], bytes[1], bytes[0]})
    value = value << 8 | byte;
  return value;
}

}  // namespace

std::optional<uint64_t> parse_serial(std::string_view text) {
  const auto bytes = split(text, "-");
  if (bytes.size() != 8 || text.size() != 8 * 3 - 1) return std::nullopt;
  uint64_t serial = 0;
  for (const std::string_view byte : bytes) {
    const auto value = byte.size() == 2 ? parse_number(byte, 16, 0xff) : std::nullopt;
    if (!value) return std::nullopt;
    serial = serial << 8 | *value;
  }
  return serial;
}

std::string serial_str(uint64_t serial) {
  std::string text;
  for (int shift = 56; shift >= 0; shift -= 8)
    text += (text.empty() ? "" : "-") + hex(static_cast<uint32_t>(serial >> shift & 0xff), 2);
  return text;
}

std::optional<uint64_t> read_serial(const Root& root, const PciAddress& address) {
  const auto config = root.open_file(address.sysfs() + "/config", O_RDONLY | O_NONBLOCK);
  if (!config) return std::nullopt;
  // The extended space has room for so many capabilities: a longer chain is a loop.
  off_t at = kFirstExtended;
  for (int left = (kConfigSize - kFirstExtended) / 8; left > 0 && at >= kFirstExtended; --left) {
    const auto header = dword(*config, at);
    if (!header || *header == 0 || *header == kNoDevice) return std::nullopt;
    if ((*header & 0xffff) == kSerialCapability) {
      const auto low = dword(*config, at + 4), high = dword(*config, at + 8);
      if (!low || !high) return std::nullopt;
      return uint64_t{*high} << 32 | *low;
    }
    at = *header >> 20;
  }
  return std::nullopt;
}

}  // namespace host
