// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/cards.h"

#include <algorithm>
#include <utility>

namespace plan {

std::vector<host::PciSlot> matching_slots(const config::Card& section,
                                          const host::Machine& machine) {
  std::vector<host::PciSlot> slots;
  for (const host::PciFunction& function : machine.functions) {
    const bool matches =
        section.id ? section.id->matches(function.id) : function.is_class(section.class_code);
    if (matches && !function.is_virtual() &&
        std::find(slots.begin(), slots.end(), function.address.slot) == slots.end())
      slots.push_back(function.address.slot);
  }
  return slots;
}

std::vector<config::Card> cards_of(const config::Card& section, const host::Machine& machine) {
  if (!section.count) return {section};
  const auto slots = matching_slots(section, machine);
  if (slots.empty() || slots.size() > *section.count) return {section};
  std::vector<config::Card> cards;
  for (const host::PciSlot& slot : slots) {
    config::Card card = section;
    card.name = config::name_in_section(section.name, slot);
    card.count.reset();
    card.only_slot = slot;
    cards.push_back(std::move(card));
  }
  if (section.count != config::kAllCards && slots.size() < *section.count) cards.push_back(section);
  return cards;
}

}  // namespace plan
