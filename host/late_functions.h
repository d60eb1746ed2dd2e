// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where functions may appear after the boot: below a port with nothing behind it (an unplugged
// eGPU, a card that is switched off, an empty hot-plug slot), and as virtual functions, which the
// driver of their physical function creates.
#pragma once

#include <cstdint>
#include <vector>

#include "host/pci_address.h"
#include "host/physical_function.h"
#include "host/root.h"

namespace host {

struct Machine;

// A bridge, and the range of buses below it (PCI-to-PCI Bridge Architecture 1.2, 3.2.5.3).
struct Port {
  PciAddress address;
  uint8_t first_bus = 0, last_bus = 0;
  bool hot_plug = false;  // it reports or controls a hot-plug slot
  bool is_empty = false;  // no function is on its first bus

  bool has_bus(const PciSlot& slot) const {
    return slot.domain == address.slot.domain && slot.bus >= first_bus && slot.bus <= last_bus;
  }
};

struct LateFunctions {
  std::vector<Port> ports;
  std::vector<PhysicalFunction> physical_functions;
  bool has_thunderbolt = false;  // a Thunderbolt or USB4 controller
};

// For a machine in which a configured card is missing, since the boot waits for this. A port's
// registers are read only if sysfs lacks a fact: that wakes the port.
LateFunctions read_late_functions(const Root& root, const Machine& machine);

}  // namespace host
