// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/absence.h"

#include <algorithm>

namespace plan {
namespace {

using host::LateFunctions;
using host::Machine;
using host::PciAddress;
using host::PciFunction;
using host::Port;

std::string name_of(const Port& port, const LateFunctions& late) {
  if (!port.hot_plug) return "the port " + port.address.str();
  return port.address.str() + (late.has_thunderbolt
                                   ? ", a hot-plug port of a machine with Thunderbolt"
                                   : ", a hot-plug port");
}

Absence unplugged(const Port& port, const LateFunctions& late) {
  return {"not connected: no card below " + name_of(port, late),
          "plug the card in, or switch it on: it is claimed when it appears, without a reboot"};
}

Absence not_created(const PciAddress& physical, const Machine& machine) {
  const PciFunction* function = machine.find(physical);
  const std::string driver =
      function && !function->driver.empty() ? " (" + function->driver + ")" : "";
  return {"not created yet: it is a virtual function of " + physical.str() +
              ", and virtual functions are created later by the host's driver" + driver,
          "create it as usual: it is claimed when it appears; before that, write 0 to " +
              physical.sysfs() + "/sriov_drivers_autoprobe, so that no host driver binds it first",
          /*is_virtual=*/true};
}

std::optional<PciAddress> physical_function_of(const config::SlotOrFunction& location,
                                               const LateFunctions& late) {
  constexpr uint8_t kFunctions = 8;
  for (const host::PhysicalFunction& physical : late.physical_functions)
    for (uint8_t number = 0; number < kFunctions; ++number)
      if (location.function.value_or(number) == number &&
          physical.may_have({location.slot, number}))
        return physical.address;
  return std::nullopt;
}

// Before its driver is loaded, a device may not show that it has virtual functions. If the card is
// a single function with the id of function 0, that is the physical one.
std::optional<PciAddress> function_with_same_id(const config::SlotOrFunction& location,
                                                const config::Card& card, const Machine& machine) {
  const PciFunction* first = machine.find({location.slot, 0});
  const bool is_single = card.address.size() == 1 && card.identity.ids.size() == 1;
  if (!first || !is_single || location.function.value_or(0) == 0) return std::nullopt;
  return card.identity.ids.front().matches(first->id) ? std::optional(first->address)
                                                      : std::nullopt;
}

// The port that leads to the slot: of several, the one next to it.
const Port* port_above(const host::PciSlot& slot, const LateFunctions& late) {
  const Port* nearest = nullptr;
  for (const Port& port : late.ports)
    if (port.first_bus != 0 && port.has_bus(slot) &&
        (!nearest || port.first_bus > nearest->first_bus))
      nearest = &port;
  return nearest;
}

std::optional<Absence> absence_at(const config::SlotOrFunction& location, const config::Card& card,
                                  const Machine& machine) {
  const LateFunctions& late = *machine.late;
  if (const auto physical = physical_function_of(location, late))
    return not_created(*physical, machine);
  if (const auto physical = function_with_same_id(location, card, machine))
    return not_created(*physical, machine);
  const Port* port = port_above(location.slot, late);
  if (!port) return std::nullopt;
  // A dock may be plugged in without the card.
  const bool is_deeper = location.slot.bus != port->first_bus;
  return port->is_empty || (port->hot_plug && is_deeper) ? std::optional(unplugged(*port, late))
                                                         : std::nullopt;
}

// Every function of the card that is missing must be away.
std::optional<Absence> absence_of_addresses(const config::Card& card, const Machine& machine) {
  std::optional<Absence> first;
  for (const config::SlotOrFunction& location : card.address) {
    if (location.function ? machine.find({location.slot, *location.function}) != nullptr
                          : !machine.in_slot(location.slot).empty())
      continue;
    const auto absence = absence_at(location, card, machine);
    if (!absence) return std::nullopt;
    if (!first) first = absence;
  }
  return first;
}

// The last port on the path, if nothing is below it.
std::optional<Absence> absence_below(const host::PciPath& path, const Machine& machine) {
  const PciFunction* last = nullptr;
  for (const PciFunction& function : machine.functions)
    if (function.path && path.has_prefix(*function.path) &&
        (!last || function.path->hops.size() > last->path->hops.size()))
      last = &function;
  if (!last || !last->is_class("0604")) return std::nullopt;
  const bool is_empty =
      std::none_of(machine.functions.begin(), machine.functions.end(), [&](const auto& function) {
        return function.path && &function != last && function.path->has_prefix(*last->path);
      });
  if (!is_empty) return std::nullopt;
  for (const Port& port : machine.late->ports)
    if (port.address == last->address) return unplugged(port, *machine.late);
  return std::nullopt;
}

// The port of the slot, if nothing is below it. The firmware names the port or the device below it.
std::optional<Absence> absence_in_slot(const std::string& label, const Machine& machine) {
  for (const host::PhysicalSlot& slot : machine.slots_called(label)) {
    if (!slot.address) continue;
    const Port* above = port_above(slot.address->slot, *machine.late);
    for (const Port& port : machine.late->ports)
      if (port.is_empty && (port.address == *slot.address || &port == above))
        return unplugged(port, *machine.late);
  }
  return std::nullopt;
}

std::optional<Absence> absence_at_any_port(const Machine& machine) {
  for (const Port& port : machine.late->ports)
    if (port.is_empty && port.hot_plug) return unplugged(port, *machine.late);
  return std::nullopt;
}

}  // namespace

std::optional<Absence> absence_of(const config::Card& card, const Machine& machine) {
  if (!machine.late || card.expect) return std::nullopt;  // a unit must be there at boot
  if (!card.address.empty()) return absence_of_addresses(card, machine);
  if (!card.slot_label.empty()) return absence_in_slot(card.slot_label, machine);
  if (card.path) return absence_below(*card.path, machine);
  // It is unknown which card an index will select, and adopt does not claim such a card. A number
  // of cards must be there at boot.
  const bool is_numbered = card.count.value_or(config::kAllCards) != config::kAllCards;
  if (card.serial || (card.id && !card.index && !is_numbered)) return absence_at_any_port(machine);
  return std::nullopt;
}

}  // namespace plan
