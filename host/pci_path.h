// SPDX-License-Identifier: GPL-2.0-or-later
//
// The way to a function: the root bus, then device and function of each hop. Bus numbers below the
// root are given out anew at every boot and change when a card is added; this way does not.
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

  // Does the way to here lead through `other`, or end there?
  bool leads_through(const PciPath& other) const;

  // "0000:00/02.0/00.0", one hop at least; nothing if `text` is anything else.
  static std::optional<PciPath> parse(std::string_view text);
  // From where sysfs keeps the device: "…/devices/pci0000:00/0000:00:02.0/0000:01:00.0". A bridge
  // that opens a domain of its own (Intel VMD) starts anew: "…/pci10000:e0/10000:e0:06.0".
  static std::optional<PciPath> from_sysfs(std::string_view link);
  std::string str() const;
};

}  // namespace host
