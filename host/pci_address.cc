// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/pci_address.h"

#include <algorithm>

#include "host/text.h"

namespace host {

std::optional<PciSlot> PciSlot::parse(std::string_view text) {
  // Counted from the end, since the domain's length varies: "…:bb:dd".
  constexpr size_t kTail = sizeof(":bb:dd") - 1;
  if (text.size() < 4 + kTail || text.size() > 8 + kTail) return std::nullopt;
  const size_t colon = text.size() - kTail;
  if (text[colon] != ':' || text[colon + 3] != ':') return std::nullopt;

  const auto domain = parse_number(text.substr(0, colon), 16);
  const auto bus = parse_number(text.substr(colon + 1, 2), 16);
  const auto device = parse_number(text.substr(colon + 4, 2), 16, 31);
  if (!domain || !bus || !device) return std::nullopt;
  return PciSlot{*domain, static_cast<uint8_t>(*bus), static_cast<uint8_t>(*device)};
}

std::string PciSlot::str() const {
  int digits = 4;  // as the kernel's "%04x": a larger domain takes the digits that it needs
  while (digits < 8 && domain >> (4 * digits) != 0) ++digits;
  return hex(domain, digits) + ":" + hex(bus, 2) + ":" + hex(device, 2);
}

std::optional<PciAddress> PciAddress::parse(std::string_view text) {
  if (text.size() < 2 || text[text.size() - 2] != '.') return std::nullopt;
  const auto slot = PciSlot::parse(text.substr(0, text.size() - 2));
  const auto function = parse_number(text.substr(text.size() - 1), 16, 7);
  if (!slot || !function) return std::nullopt;
  return PciAddress{*slot, static_cast<uint8_t>(*function)};
}

std::string PciAddress::str() const {
  return slot.str() + "." + hex(function, 1);
}

std::string PciAddress::sysfs() const {
  return "/sys/bus/pci/devices/" + str();
}

bool contains(const std::vector<PciAddress>& addresses, const PciAddress& address) {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

}  // namespace host
