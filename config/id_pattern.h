// SPDX-License-Identifier: GPL-2.0-or-later
//
// An id in the configuration: "10de:1b81", or with its subsystem "10de:1b81:1458:3702".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/pci_function.h"

namespace config {

struct IdPattern {
  uint16_t vendor = 0;
  uint16_t device = 0;
  // Vendor and device of the subsystem, which distinguish cards with the same chip.
  std::optional<std::pair<uint16_t, uint16_t>> subsystem;

  auto operator<=>(const IdPattern&) const = default;

  bool matches(const host::PciId& id) const;
  std::string str() const;

  // Two or four groups of one to four hexadecimal digits, also as sysfs ("0x10de:0x1b81") and lspci
  // ("[10de:1b81]") print them; nullopt if `text` has another form.
  static std::optional<IdPattern> parse(std::string_view text);
};

}  // namespace config
