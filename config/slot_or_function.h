// SPDX-License-Identifier: GPL-2.0-or-later
//
// A PCI address as a person gives it: of a whole slot, or of one function of it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/pci_address.h"

namespace config {

struct SlotOrFunction {
  host::PciSlot slot;
  std::optional<uint8_t> function;

  bool operator==(const SlotOrFunction&) const = default;

  // In full: "0000:01:00", "0000:01:00.0".
  std::string str() const;
  bool contains(const host::PciAddress& address) const;

  // The notations of lspci and sysfs ("01:00.0", "0000:01:00.0", a path below /sys), of libvirt's
  // node devices ("pci_0000_01_00_0"), of udev and driverctl ("pci-0000:01:00.0"), and of lshw
  // ("pci@0000:01:00.0"), in upper or lower case. Without a domain it is domain 0. nullopt if
  // `text` has another form.
  static std::optional<SlotOrFunction> parse(std::string_view text);
};

}  // namespace config
