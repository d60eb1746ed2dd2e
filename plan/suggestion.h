// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sections for the configuration: for the graphics cards of this machine, and for the overrides of
// driverctl.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"

namespace plan {

// A section named `name` for the card in `slot`, with its address and its identity.
std::string section_for(const host::Machine& machine, const host::PciSlot& slot,
                        const std::string& name);

// The slots that hold a display or a 3D controller.
std::vector<host::PciSlot> graphics_slots(const host::Machine& machine);

// An override of driverctl(8): /etc/driverctl.d has a file for each device, "pci-0000:03:00.0",
// that holds the name of its driver.
struct DriverctlOverride {
  std::string device;
  std::string driver;
};

// Sections for the functions that driverctl binds to vfio-pci, one for each slot; comments about
// the other overrides.
std::string import_driverctl(const host::Machine& machine,
                             const std::vector<DriverctlOverride>& overrides);

}  // namespace plan
