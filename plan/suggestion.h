// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sections that an owner can paste: for the graphics cards of this machine, and for what driverctl
// was told.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"

namespace plan {

// A section that pins the card in `slot` to what sits there: address and identity. `name` is the
// section's.
std::string section_for(const host::Machine& machine, const host::PciSlot& slot,
                        const std::string& name);

// The slots that hold a display or a 3D controller.
std::vector<host::PciSlot> graphics_slots(const host::Machine& machine);

// What driverctl(8) keeps in /etc/driverctl.d: a file for each device, "pci-0000:03:00.0", that
// holds the name of its driver.
struct DriverctlOverride {
  std::string device;
  std::string driver;
};

// Sections for those that it binds to vfio-pci, one a slot; comments about the rest.
std::string import_driverctl(const host::Machine& machine,
                             const std::vector<DriverctlOverride>& overrides);

}  // namespace plan
