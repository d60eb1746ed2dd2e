// SPDX-License-Identifier: GPL-2.0-or-later
//
// A unit: the devices of a baseboard, such as GPUs and NVSwitches, which a section with `expect`
// selects together as one card. The functions of one slot are one device.
//
// If a device is missing, the others are claimed, and a refusal names the missing one.
#pragma once

#include <optional>
#include <string>

#include "config/configuration.h"
#include "host/machine.h"
#include "plan/card_functions.h"

namespace plan {

// What is missing of the unit at one of its addresses: "0000:14:00 is not found", or "0000:03:00 is
// 144d:a808" for a device that is not in its identity. "": nothing.
std::string missing_at(const config::SlotOrFunction& location, const config::Card& unit,
                       const host::Machine& machine);

// The refusal of a unit of which more devices than `expect` were found; nullopt: they are not more.
std::optional<config::Refusal> surplus_of(const config::Card& unit, const Functions& found);

// The refusal of the missing devices alone, with the addresses or the ports where they are missing;
// nullopt: `expect` devices were found, or more.
std::optional<config::Refusal> shortage_of(const config::Card& unit, const Functions& found,
                                           const host::Machine& machine);

}  // namespace plan
