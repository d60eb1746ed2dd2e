// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/cards.h"

#include <algorithm>
#include <utility>

#include "host/text.h"

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

std::string kind_of(const config::Card& section) {
  return section.id ? section.id->str() : "class " + section.class_code;
}

std::optional<config::Refusal> wrong_count(const config::Card& section,
                                           const host::Machine& machine) {
  const auto slots = matching_slots(section, machine);
  const bool too_many = slots.size() > *section.count;
  const bool too_few = section.count != config::kAllCards && slots.size() < *section.count;
  if (!too_many && !too_few) return std::nullopt;
  std::vector<std::string> words;
  for (const host::PciSlot& slot : slots) words.push_back(slot.str());
  const std::string found = std::to_string(slots.size()), all = ": " + host::join(words, " ");
  const std::string wanted = std::to_string(*section.count);
  config::Refusal refusal = {section.name, section.file, section.line, {}, {}};
  if (too_many) {
    refusal.why = kind_of(section) + " matches " + found + " cards, but 'count' is " + wanted + all;
    refusal.remedy =
        "to claim all of them, set 'count = " + found +
        "' or 'count = all'; to claim some, give each a section with its own 'address'";
  } else {
    refusal.why = "only " + found + " of " + wanted + " cards that match " + kind_of(section) +
                  " found" + all;
    refusal.remedy =
        "see the kernel log for the missing card, and reseat it; if it was removed, set 'count = " +
        found + "'";
  }
  return refusal;
}

}  // namespace plan
