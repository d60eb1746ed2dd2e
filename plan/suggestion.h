// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sections for the configuration: for the graphics cards of this machine, and for the overrides of
// driverctl.
#pragma once

#include <string>
#include <vector>

#include "host/driverctl.h"
#include "host/machine.h"

namespace plan {

// A section named `name` for the card in `slot`, with its address and its identity.
std::string section_for(const host::Machine& machine, const host::PciSlot& slot,
                        const std::string& name);

// A section for a virtual function, which is a card of its own.
std::string section_for(const host::PciFunction& virtual_function, const std::string& name);

// The slots of the graphics cards and accelerators, without virtual functions.
std::vector<host::PciSlot> graphics_slots(const host::Machine& machine);

// A section for each of these slots. Their names differ, so that several can be copied.
struct Suggestion {
  host::PciSlot slot;
  std::string section;
};
std::vector<Suggestion> suggestions(const host::Machine& machine);

// The functions in the slot that are not a part of its card: "0000:c5:00.3 (xhci_hcd)".
std::vector<std::string> functions_that_stay(const host::Machine& machine,
                                             const host::PciSlot& slot);

// Sections for the functions that driverctl binds to vfio-pci, one for each slot; comments about
// the other overrides.
std::string import_driverctl(const host::Machine& machine,
                             const std::vector<host::DriverctlOverride>& overrides);

}  // namespace plan
