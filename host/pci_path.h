// SPDX-License-Identifier: GPL-2.0-or-later
//
// The path to a PCI function: the root bus, then device and function number of each hop. The bus
// numbers below the root are assigned at every boot and change when a card is added; the path does
// not change.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

struct PciPath {
  struct Hop {
    uint8_t device = 0;    // 0 to 31
    uint8_t function = 0;  // 0 to 7

    auto operator<=>(const Hop&) const = default;
  };

  uint32_t domain = 0;
  uint8_t root_bus = 0;
  std::vector<Hop> hops;  // the last one is the function itself

  auto operator<=>(const PciPath&) const = default;

  // Is `other` this path, or the beginning of it?
  bool has_prefix(const PciPath& other) const;

  // "0000:00/02.0/00.0", with at least one hop; also as lspci -P prints it ("00:02.0/00.0"), and a
  // path below /sys/devices. nullopt if `text` has another form.
  static std::optional<PciPath> parse(std::string_view text);
  // From the target of the device's link in sysfs:
  // "…/devices/pci0000:00/0000:00:02.0/0000:01:00.0". Below a bridge with its own domain (Intel
  // VMD) the path begins at that domain: "…/pci10000:e0/10000:e0:06.0".
  static std::optional<PciPath> from_sysfs(std::string_view link);
  std::string str() const;
};

}  // namespace host
