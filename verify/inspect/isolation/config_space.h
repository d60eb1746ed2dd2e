// SPDX-License-Identifier: GPL-2.0-or-later
//
// The isolation properties in a function's configuration space: the type of its port, what it says
// about its slot, and the Access Control Services that it offers and has enabled (PCIe 6.0, 6.12
// and 7.7.12). Only the needed registers are read, and a function in D3cold is not woken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace verify::isolation {

// Device/port type of the PCI Express capability (PCIe 6.0, 7.5.3.2).
enum class PortType : uint8_t {
  kEndpoint = 0,
  kLegacyEndpoint = 1,
  kRootPort = 4,
  kUpstream = 5,
  kDownstream = 6,
  kPcieToPci = 7,
  kPciToPcie = 8,
  kIntegratedEndpoint = 9,
  kEventCollector = 10,
  kConventional = 0xff,  // no such capability: PCI or PCI-X
};

const char* port_name(PortType type);  // "root port"

// Bits of the ACS capability and control registers (PCIe 6.0, 7.7.12.2 and 3).
inline constexpr uint16_t kSourceValidation = 1, kRequestRedirect = 4, kCompletionRedirect = 8,
                          kUpstreamForwarding = 16;
// The bits that the kernel requires for isolation (REQ_ACS_FLAGS, drivers/iommu/iommu.c).
inline constexpr uint16_t kRequiredAcs =
    kSourceValidation | kRequestRedirect | kCompletionRedirect | kUpstreamForwarding;

struct Acs {
  uint16_t offered = 0;
  uint16_t enabled = 0;

  // The required bits that are off. A bit that is not offered counts as hard-wired on:
  // pci_acs_flags_enabled, drivers/pci/pci.c.
  uint16_t switched_off() const { return kRequiredAcs & offered & static_cast<uint16_t>(~enabled); }
  // "ACS on", or what is on and off: "ACS on: source validation, request redirect; off: completion
  // redirect, upstream forwarding".
  std::string str() const;
};

struct ConfigSpace {
  uint16_t vendor = 0, device = 0;
  PortType type = PortType::kConventional;
  bool multifunction = false;  // the header says so, or it is not function 0
  bool has_slot = false;       // of a port: a card can be plugged in
  bool detects_card = false;   // of a port with a slot: something is in it
  bool hot_plug = false;       // of a port with a slot: a card may come and go
  bool thunderbolt = false;    // of such a port: it belongs to a Thunderbolt controller of Intel
  std::optional<Acs> acs;
  uint16_t acs_at_8 = 0;  // of a port with ACS: the register at offset 8, see quirks.h
};

// EACCES: only the first 64 bytes may be read. EAGAIN: the function is in D3cold. EIO: it does not
// answer.
host::Result<ConfigSpace> read_config_space(const host::Root& root,
                                            const host::PciAddress& address);

}  // namespace verify::isolation
