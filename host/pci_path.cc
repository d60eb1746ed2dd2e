// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/pci_path.h"

#include <algorithm>

#include "host/pci_address.h"
#include "host/text.h"

namespace host {
namespace {

// Parses a domain and a bus, "0000:00", or a bus of domain 0, "00".
std::optional<PciSlot> parse_bus(std::string_view text) {
  const std::string slot = std::string(text) + ":00";
  if (const auto full = PciSlot::parse(slot)) return full;
  return PciSlot::parse("0000:" + slot);
}

}  // namespace

bool PciPath::has_prefix(const PciPath& other) const {
  return domain == other.domain && root_bus == other.root_bus && other.hops.size() <= hops.size() &&
         std::equal(other.hops.begin(), other.hops.end(), hops.begin());
}

std::optional<PciPath> PciPath::parse(std::string_view text) {
  if (text.starts_with("/sys/devices/pci")) return from_sysfs(text);
  const auto words = split(text, "/");
  if (words.size() < 2) return std::nullopt;
  // lspci's first word is a function of the root bus, and not the bus: "0000:00:01.0/00.0".
  const std::string_view first = words.front();
  const bool has_hop = first.find('.') != first.npos;
  const auto bus = parse_bus(has_hop ? first.substr(0, first.rfind(':')) : first);
  if (!bus) return std::nullopt;

  PciPath path{.domain = bus->domain, .root_bus = bus->bus, .hops = {}};
  for (size_t i = has_hop ? 0 : 1; i < words.size(); ++i) {
    // lspci -PP also prints the bus of each hop, which may change.
    const std::string_view hop = words[i].substr(words[i].rfind(':') + 1);
    const auto function = PciAddress::parse("0000:00:" + std::string(hop));
    if (!function) return std::nullopt;
    path.hops.push_back({function->slot.device, function->function});
  }
  return path;
}

std::optional<PciPath> PciPath::from_sysfs(std::string_view link) {
  PciPath path;
  for (const std::string_view word : split(link, "/")) {
    if (const auto address = PciAddress::parse(word)) {
      path.hops.push_back({address->slot.device, address->function});
    } else if (const auto bus =
                   word.starts_with("pci") ? parse_bus(word.substr(3)) : std::nullopt) {
      path = {.domain = bus->domain, .root_bus = bus->bus, .hops = {}};
    }
  }
  if (path.hops.empty()) return std::nullopt;
  return path;
}

std::string PciPath::str() const {
  const std::string slot = PciSlot{domain, root_bus, 0}.str();
  std::string text = slot.substr(0, slot.rfind(':'));
  for (const Hop& hop : hops) text += "/" + hex(hop.device, 2) + "." + hex(hop.function, 1);
  return text;
}

}  // namespace host
