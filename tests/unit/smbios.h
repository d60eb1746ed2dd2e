// SPDX-License-Identifier: GPL-2.0-or-later
//
// Structures of an SMBIOS table (SMBIOS 3.7, 6.1), for fake trees and for QEMU's -smbios file=.
#pragma once

#include <string>
#include <vector>

#include "host/pci_address.h"

namespace smbios {

// `area`: what follows the header of four bytes.
inline std::string structure(uint8_t type, const std::string& area,
                             const std::vector<std::string>& strings) {
  std::string text = {static_cast<char>(type), static_cast<char>(4 + area.size()), '\1', '\1'};
  text += area;
  for (const std::string& each : strings) text += each + '\0';
  return text + (strings.empty() ? std::string(2, '\0') : std::string(1, '\0'));
}

// A slot (type 9). `address`: of its device or port; "": none.
inline std::string slot(const std::string& label, const std::string& address) {
  const auto parsed = host::PciAddress::parse(address);
  const std::string to_domain(8, '\0');  // type, width, usage, length, id and characteristics
  std::string location = "\xff\xff\xff\xff";
  if (parsed)
    location = {static_cast<char>(parsed->slot.domain), static_cast<char>(parsed->slot.domain >> 8),
                static_cast<char>(parsed->slot.bus),
                static_cast<char>(parsed->slot.device << 3 | parsed->function)};
  if (label.empty()) return structure(9, '\0' + to_domain + location, {});
  return structure(9, '\1' + to_domain + location, {label});
}

inline std::string end() {
  return structure(127, "", {});
}

}  // namespace smbios
