// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/isolation/config_space.h"

#include <cerrno>
#include <vector>

#include "host/text.h"
#include "verify/inspect/registers.h"

namespace verify::isolation {
namespace {

constexpr off_t kHeaderType = 0x0e;  // PCI 3.0, 6.1
constexpr uint16_t kIntel = 0x8086;
constexpr uint16_t kThunderbolt = 0x1234;  // set_pcie_thunderbolt(), drivers/pci/probe.c

// Slot Capabilities and Slot Status (PCIe 6.0, 7.5.3.9 and 7.5.3.11); Link Capabilities and Link
// Status (7.5.3.6 and 7.5.3.8), because not every port detects a card.
void read_slot(const Registers& registers, off_t express, ConfigSpace& config) {
  const bool present = registers.u16(express + 0x1a) >> 6 & 1;
  const bool reports_link = registers.u32(express + 0x0c) >> 20 & 1;
  const bool link_active = registers.u16(express + 0x12) >> 13 & 1;
  config.detects_card = present || (reports_link && link_active);
  config.hot_plug = registers.u32(express + 0x14) >> 6 & 1;
  config.thunderbolt = config.vendor == kIntel && registers.find_vendor_specific(kThunderbolt) != 0;
}

void read_express(const Registers& registers, off_t express, ConfigSpace& config) {
  const uint32_t flags = registers.u16(express + 2);
  config.type = static_cast<PortType>(flags >> 4 & 15);
  config.has_slot = flags >> 8 & 1;
  if (config.has_slot) read_slot(registers, express, config);
  const off_t acs = registers.find(Extended::kAcs);
  if (acs == 0) return;
  config.acs = Acs{static_cast<uint16_t>(registers.u16(acs + 4)),
                   static_cast<uint16_t>(registers.u16(acs + 6))};
  // Some Intel ports have the control register here: quirks.h.
  config.acs_at_8 = static_cast<uint16_t>(registers.u16(acs + 8));
}

// "on: source validation, request redirect"; "": no bit is set.
std::string words(const char* state, uint16_t bits) {
  constexpr std::pair<uint16_t, const char*> kNames[] = {
      {kSourceValidation, "source validation"},
      {kRequestRedirect, "request redirect"},
      {kCompletionRedirect, "completion redirect"},
      {kUpstreamForwarding, "upstream forwarding"}};
  std::vector<std::string> names;
  for (const auto& [bit, name] : kNames)
    if (bits & bit) names.emplace_back(name);
  return names.empty() ? "" : std::string(state) + ": " + host::join(names, ", ");
}

}  // namespace

const char* port_name(PortType type) {
  switch (type) {
    case PortType::kEndpoint:
    case PortType::kLegacyEndpoint:
      return "endpoint";
    case PortType::kRootPort:
      return "root port";
    case PortType::kUpstream:
      return "switch, upstream port";
    case PortType::kDownstream:
      return "switch, downstream port";
    case PortType::kPcieToPci:
      return "PCIe-to-PCI bridge";
    case PortType::kPciToPcie:
      return "PCI-to-PCIe bridge";
    case PortType::kIntegratedEndpoint:
      return "integrated endpoint";
    case PortType::kEventCollector:
      return "event collector";
    case PortType::kConventional:
      return "conventional PCI";
  }
  return "port of an unknown type";
}

std::string Acs::str() const {
  if ((kRequiredAcs & offered & enabled) == kRequiredAcs) return "ACS on";
  std::vector<std::string> parts;
  for (const std::string& part :
       {words("on", kRequiredAcs & offered & enabled), words("off", switched_off()),
        words("not supported", kRequiredAcs & static_cast<uint16_t>(~offered))})
    if (!part.empty()) parts.push_back(part);
  return "ACS " + host::join(parts, "; ");
}

host::Result<ConfigSpace> read_config_space(const host::Root& root,
                                            const host::PciAddress& address) {
  const auto registers = Registers::open(root, address);
  if (!registers) return registers.error();
  ConfigSpace config;
  config.vendor = static_cast<uint16_t>(registers->u16(0));
  config.device = static_cast<uint16_t>(registers->u16(2));
  config.multifunction = registers->u8(kHeaderType) & 0x80 || address.function != 0;
  if (!registers->has_capabilities()) return config;
  if (!registers->may_read_capabilities())
    return host::Error{EACCES, "read the configuration space of " + address.str()};
  if (const off_t express = registers->find(Capability::kExpress))
    read_express(*registers, express, config);
  return config;
}

}  // namespace verify::isolation
