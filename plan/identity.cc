// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/identity.h"

#include <algorithm>
#include <set>

#include "host/pci_serial.h"
#include "host/text.h"

namespace plan {
namespace {

using config::Identity;
using config::IdPattern;
using host::Machine;
using host::PciFunction;

Functions with_id_of(const Identity& identity, const Machine& machine) {
  Functions functions;
  for (const PciFunction& function : machine.functions)
    if (!function.is_virtual() && has_id_of(identity, function)) functions.push_back(&function);
  return functions;
}

}  // namespace

bool has_id_of(const Identity& identity, const PciFunction& function) {
  return std::any_of(identity.ids.begin(), identity.ids.end(),
                     [&](const IdPattern& id) { return id.matches(function.id); });
}

bool have_all_of(const Identity& identity, const Functions& functions) {
  const bool ids = std::all_of(identity.ids.begin(), identity.ids.end(), [&](const IdPattern& id) {
    return std::any_of(functions.begin(), functions.end(),
                       [&](auto* function) { return id.matches(function->id); });
  });
  if (!ids || !identity.serial) return ids && !functions.empty();
  // A serial number may be in function 0 only (PCIe 6.0, 7.9.3).
  bool seen = false;
  for (const PciFunction* function : functions) {
    if (function->serial && function->serial != identity.serial) return false;
    seen |= function->serial == identity.serial;
  }
  return seen;
}

std::vector<Functions> locations_of(const Identity& identity, const Machine& machine) {
  std::vector<Functions> found;
  std::set<host::PciSlot> seen;
  const Functions scattered = with_id_of(identity, machine);
  for (const PciFunction* function : scattered) {
    if (!seen.insert(function->address.slot).second) continue;
    Functions here = machine.in_slot(function->address.slot);
    std::erase_if(here, [&](auto* each) { return !has_id_of(identity, *each); });
    if (have_all_of(identity, here)) found.push_back(std::move(here));
  }
  if (!found.empty()) return found;
  if (scattered.size() == identity.ids.size() && have_all_of(identity, scattered))
    found.push_back(scattered);
  return found;
}

std::string text_of(const Identity& identity) {
  std::vector<std::string> words;
  for (const IdPattern& id : identity.ids) words.push_back(id.str());
  if (identity.serial) words.push_back("serial " + host::serial_str(*identity.serial));
  return host::join(words, " ");
}

std::string serial_text_of(const PciFunction& function) {
  return function.serial ? " (serial " + host::serial_str(*function.serial) + ")"
                         : " (no readable serial number)";
}

}  // namespace plan
