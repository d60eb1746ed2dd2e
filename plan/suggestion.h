// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sections for the configuration: for the graphics cards of this machine, and for the overrides of
// driverctl.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/driverctl.h"
#include "host/machine.h"

namespace plan {

// A section named `name` for the card in `slot`, with its address and its identity.
std::string section_for(const host::Machine& machine, const host::PciSlot& slot,
                        const std::string& name);

// A section for functions that are not a card of their slot, by their own addresses: a virtual
// function, a disk, a network card.
std::string section_for(const std::vector<const host::PciFunction*>& functions,
                        const std::string& name);

// The slots of the graphics cards and accelerators, without virtual functions.
std::vector<host::PciSlot> graphics_slots(const host::Machine& machine);

// A section for each of these slots, without the displays of BMCs. Their names differ, so that
// several can be copied.
struct Suggestion {
  host::PciSlot slot;
  std::string name;
  std::string section;
};
std::vector<Suggestion> suggestions(const host::Machine& machine);

// The name of the section for this function: the one in suggestions(), else one that no other
// function has. `configuration` does not use it.
std::string name_for(const host::Machine& machine, const host::PciFunction& function,
                     const config::Configuration& configuration);

// Why vfio-early would not claim the card of `section`, if it were added to `configuration`. A
// missing IOMMU is not considered.
std::optional<config::Refusal> refusal_of(const std::string& section, const std::string& name,
                                          config::Configuration configuration,
                                          host::Machine machine);

// The functions in the slot that are not a part of its card: "0000:c5:00.3 (xhci_hcd)".
std::vector<std::string> functions_that_stay(const host::Machine& machine,
                                             const host::PciSlot& slot);

// Sections for the functions that driverctl binds to vfio-pci, one for each slot; comments about
// the other overrides.
std::string import_driverctl(const host::Machine& machine,
                             const std::vector<host::DriverctlOverride>& overrides);

}  // namespace plan
