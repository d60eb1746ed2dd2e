// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/unit.h"

#include <algorithm>
#include <set>

#include "host/text.h"
#include "plan/identity.h"

namespace plan {
namespace {

using config::Card;
using config::Refusal;
using config::SlotOrFunction;
using host::Machine;
using host::PciFunction;
using host::PciPath;
using Words = std::vector<std::string>;

size_t count_devices(const Functions& functions) {
  std::set<host::PciSlot> slots;
  for (const PciFunction* function : functions) slots.insert(function->address.slot);
  return slots.size();
}

Functions functions_at(const SlotOrFunction& location, const Machine& machine) {
  if (!location.function) return machine.in_slot(location.slot);
  const PciFunction* function = machine.find({location.slot, *location.function});
  return function ? Functions{function} : Functions();
}

// Of the numbers in 'functions', which apply to a slot: the first that the slot does not have.
std::optional<host::PciAddress> missing_function(const SlotOrFunction& location, const Card& unit,
                                                 const Machine& machine) {
  if (location.function) return std::nullopt;
  for (const uint8_t number : unit.functions)
    if (!machine.find({location.slot, number})) return host::PciAddress{location.slot, number};
  return std::nullopt;
}

bool has_identity(const Card& unit, const Functions& device) {
  return unit.identity.ids.empty() ||
         std::any_of(device.begin(), device.end(),
                     [&](auto* function) { return has_id_of(unit.identity, *function); });
}

std::string ids_of(const Functions& functions) {
  Words ids;
  for (const PciFunction* function : functions) ids.push_back(function->id.str());
  return host::join(ids, " ");
}

Words missing_at_addresses(const Card& unit, const Machine& machine) {
  Words missing;
  for (const SlotOrFunction& location : unit.address)
    if (std::string text = missing_at(location, unit, machine); !text.empty())
      missing.push_back(std::move(text));
  return missing;
}

// Below `path`, or below the port of `slot`.
bool is_below_selector(const Card& unit, const PciPath& path, const Machine& machine) {
  if (unit.path) return path.has_prefix(*unit.path);
  const auto slots = machine.slots_called(unit.slot_label);
  return std::any_of(slots.begin(), slots.end(), [&](const host::PhysicalSlot& slot) {
    const PciFunction* port = slot.address ? machine.find(*slot.address) : nullptr;
    return port && port->path && path.has_prefix(*port->path);
  });
}

// The paths that have a function below them.
std::set<PciPath> occupied_paths(const Machine& machine) {
  std::set<PciPath> occupied;
  for (const PciFunction& function : machine.functions)
    for (auto path = function.path; path && !path->hops.empty();) {
      path->hops.pop_back();
      occupied.insert(*path);
    }
  return occupied;
}

// At ports with nothing below them: a device there may be dead.
Words missing_below_ports(const Card& unit, const Machine& machine) {
  Words missing;
  const auto occupied = occupied_paths(machine);
  for (const PciFunction& port : machine.functions)
    if (port.is_class("0604") && port.path && !occupied.contains(*port.path) &&
        is_below_selector(unit, *port.path, machine))
      missing.push_back("no device is below " + port.address.str());
  return missing;
}

}  // namespace

std::string missing_at(const SlotOrFunction& location, const Card& unit, const Machine& machine) {
  const Functions there = functions_at(location, machine);
  if (there.empty()) return location.str() + " is not found";
  if (const auto function = missing_function(location, unit, machine))
    return function->str() + " is not found";
  return has_identity(unit, there) ? "" : location.str() + " is " + ids_of(there);
}

std::optional<Refusal> surplus_of(const Card& unit, const Functions& found) {
  const size_t count = count_devices(found);
  if (count <= *unit.expect) return std::nullopt;
  const std::string number = std::to_string(count);
  return Refusal{
      unit.name, unit.file, unit.line,
      "it selects " + number + " devices, but 'expect' is " + std::to_string(*unit.expect),
      "set 'expect = " + number + "', or select fewer devices"};
}

std::optional<Refusal> shortage_of(const Card& unit, const Functions& found,
                                   const Machine& machine) {
  const size_t count = count_devices(found);
  if (count >= *unit.expect) return std::nullopt;
  const std::string number = std::to_string(count);
  const Words missing = unit.address.empty() ? missing_below_ports(unit, machine)
                                             : missing_at_addresses(unit, machine);
  return Refusal{
      unit.name, unit.file, unit.line,
      "only " + number + " of " + std::to_string(*unit.expect) + " devices found" +
          (missing.empty() ? "" : ": " + host::join(missing, ", ")),
      "see the kernel log for the missing device, and power-cycle the machine; if it was removed, set 'expect = " +
          number + "'"};
}

}  // namespace plan
