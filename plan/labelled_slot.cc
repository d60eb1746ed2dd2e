// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/labelled_slot.h"

#include <algorithm>
#include <cerrno>

#include "host/text.h"

namespace plan {
namespace {

using config::Card;
using config::Refusal;
using host::Machine;
using host::PciFunction;
using host::PhysicalSlot;
using Words = std::vector<std::string>;

Refusal refusal_of(const Card& card, std::string why, std::string remedy) {
  return {card.name, card.file, card.line, std::move(why), std::move(remedy)};
}

// "the slots of this machine are: PCIEX16_1 (0000:00:01.0), PCIEX1_1 and 3 more"
std::string labels_of(const Machine& machine) {
  constexpr size_t kListed = 6;
  Words labels;
  for (const PhysicalSlot& slot :
       machine.physical_slots ? machine.physical_slots->all : std::vector<PhysicalSlot>())
    labels.push_back(slot.label + (slot.address ? " (" + slot.address->str() + ")" : ""));
  if (labels.empty()) return "neither the firmware nor the kernel names a slot of this machine";
  const size_t more = labels.size() > kListed ? labels.size() - kListed : 0;
  labels.resize(labels.size() - more);
  return "the slots of this machine are: " + host::join(labels, ", ") +
         (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

Refusal refuse_unknown(const Card& card, const std::string& name, const Machine& machine) {
  const auto& slots = machine.physical_slots;
  if (slots && slots->unreadable) {
    const bool denied = slots->unreadable->code == EACCES || slots->unreadable->code == EPERM;
    return refusal_of(card, "no " + name + " found: " + describe(*slots->unreadable),
                      denied ? "run as root, or select the card by 'address'"
                             : "select the card by 'address', 'path' or 'serial'");
  }
  return refusal_of(
      card, "no " + name + " found; " + labels_of(machine),
      "correct 'slot' (`dmidecode -t slot` and `ls /sys/bus/pci/slots` print the slots), then rebuild the initramfs");
}

// What the slot is: a device, or the endpoints below a port.
Functions functions_at(const host::PciAddress& address, const Machine& machine) {
  const PciFunction* there = machine.find(address);
  if (!there || !there->is_bridge()) return machine.in_slot(address.slot);
  Functions endpoints;
  for (const PciFunction& function : machine.functions)
    if (!function.is_virtual() && !function.is_bridge() && there->path && function.path &&
        function.path->has_prefix(*there->path))
      endpoints.push_back(&function);
  return endpoints;
}

std::string addresses_of(const std::vector<PhysicalSlot>& slots) {
  Words addresses;
  for (const PhysicalSlot& slot : slots)
    if (slot.address) addresses.push_back(slot.address->str());
  return host::join(addresses, ", ");
}

// Of each slot that is not empty. The firmware and the kernel may describe the same slot, by its
// port and by its device.
std::vector<Functions> contents_of(const std::vector<PhysicalSlot>& slots, const Machine& machine) {
  std::vector<Functions> all;
  for (const PhysicalSlot& slot : slots) {
    if (!slot.address) continue;
    Functions here = functions_at(*slot.address, machine);
    if (!here.empty() && std::find(all.begin(), all.end(), here) == all.end())
      all.push_back(std::move(here));
  }
  return all;
}

}  // namespace

LabelledSlot labelled_slot(const Card& card, const Machine& machine) {
  const std::string name = "slot '" + card.slot_label + "'";
  const auto refused = [&](Refusal refusal) { return LabelledSlot{name, {}, std::move(refusal)}; };
  const auto slots = machine.slots_called(card.slot_label);
  if (slots.empty()) return refused(refuse_unknown(card, name, machine));
  const std::string where = addresses_of(slots);
  if (where.empty())
    return refused(refusal_of(card, "the firmware does not name the PCI address of " + name,
                              "select the card by 'address', 'path' or 'serial'"));
  const auto occupied = contents_of(slots, machine);
  if (occupied.size() > 1)
    return refused(refusal_of(card,
                              "more than one slot is called '" + card.slot_label + "': " + where,
                              "select the card by 'address', 'path' or 'serial'"));
  return {name + " (" + where + ")", occupied.empty() ? Functions() : occupied.front(), {}};
}

}  // namespace plan
