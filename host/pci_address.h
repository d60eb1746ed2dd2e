// SPDX-License-Identifier: GPL-2.0-or-later
//
// The address of a PCI function: domain, bus, device and function (PCI Local Bus 3.0, 3.2.2.3.2).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

// A slot is an address without its function number. The functions of a card share it.
struct PciSlot {
  uint32_t domain = 0;  // up to 32 bits: Intel VMD gives its devices domains from 0x10000
  uint8_t bus = 0;
  uint8_t device = 0;  // 0 to 31

  auto operator<=>(const PciSlot&) const = default;

  // "0000:01:00"; nullopt if `text` has another form. The domain may have 4 to 8 digits.
  static std::optional<PciSlot> parse(std::string_view text);
  std::string str() const;
};

struct PciAddress {
  PciSlot slot;
  uint8_t function = 0;  // 0 to 7

  auto operator<=>(const PciAddress&) const = default;

  // "0000:01:00.0"; nullopt if `text` has another form.
  static std::optional<PciAddress> parse(std::string_view text);
  std::string str() const;

  // Its path in sysfs: "/sys/bus/pci/devices/0000:01:00.0".
  std::string sysfs() const;
};

bool contains(const std::vector<PciAddress>& addresses, const PciAddress& address);

}  // namespace host
