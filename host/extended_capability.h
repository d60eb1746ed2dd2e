// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PCIe extended capabilities of a function, in its configuration space. Only root can read
// them, and a read wakes the device.
#pragma once

#include <cstdint>
#include <optional>

#include "host/fd.h"
#include "host/pci_address.h"
#include "host/root.h"

namespace host {

class ExtendedCapability {
 public:
  // nullopt: the function does not have it, or its configuration space cannot be read.
  static std::optional<ExtendedCapability> find(const Root& root, const PciAddress& address,
                                                uint16_t id);

  // The registers at `offset` from the capability's beginning; nullopt: they cannot be read.
  std::optional<uint16_t> word(unsigned offset) const;
  std::optional<uint32_t> dword(unsigned offset) const;

 private:
  ExtendedCapability(Fd config, unsigned at) : config_(std::move(config)), at_(at) {}

  Fd config_;
  unsigned at_;
};

}  // namespace host
