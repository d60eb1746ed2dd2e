// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/pci_serial.h"

#include "host/extended_capability.h"
#include "host/text.h"

namespace host {

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

// PCIe 6.0, 7.9.3: the lower half, then the upper one.
std::optional<uint64_t> read_serial(const Root& root, const PciAddress& address) {
  constexpr uint16_t kSerialNumber = 0x0003;
  const auto capability = ExtendedCapability::find(root, address, kSerialNumber);
  if (!capability) return std::nullopt;
  const auto low = capability->dword(4), high = capability->dword(8);
  if (!low || !high) return std::nullopt;
  return uint64_t{*high} << 32 | *low;
}

}  // namespace host
