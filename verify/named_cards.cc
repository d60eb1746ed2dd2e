// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/named_cards.h"

#include "config/id_pattern.h"
#include "config/slot_or_function.h"
#include "host/machine.h"
#include "host/text.h"
#include "plan/card_functions.h"

namespace verify {
namespace {

std::vector<std::string> slots_of(const config::IdPattern& id,
                                  const std::vector<host::PciFunction>& functions) {
  host::Machine machine;
  machine.functions = functions;
  std::vector<std::string> slots;
  for (const host::PciFunction& function : functions) {
    if (!id.matches(function.id)) continue;
    const std::string card = plan::operand_for(machine, function);
    if (!host::contains(slots, card)) slots.push_back(card);
  }
  return slots;
}

// A card that is away has no function: the section that waits for it is named instead.
std::string card_at(const config::SlotOrFunction& address,
                    const config::Configuration& configuration,
                    const std::vector<host::PciFunction>& functions) {
  for (const host::PciFunction& function : functions)
    if (address.contains(function.address)) return address.str();
  for (const config::Card& card : configuration.cards)
    for (const config::SlotOrFunction& selected : card.address)
      if (selected.slot == address.slot) return card.name;
  return address.str();
}

}  // namespace

std::vector<std::string> named_cards(const std::vector<std::string>& operands,
                                     const config::Configuration& configuration,
                                     const std::vector<host::PciFunction>& functions) {
  std::vector<std::string> cards;
  for (const std::string& operand : operands) {
    const auto address = config::SlotOrFunction::parse(operand);
    const auto id = config::IdPattern::parse(operand);
    std::vector<std::string> names;
    // The name of a section comes first, even if it has the form of an address.
    if (!configuration.sections.contains(operand)) {
      // "gpus@0000:01:00": a card of a section with `count`.
      const std::string section = config::section_of(operand);
      if (section != operand && configuration.sections.contains(section))
        names = {operand.substr(section.size() + 1)};
      else if (address)
        names = {card_at(*address, configuration, functions)};
      else if (id)
        names = slots_of(*id, functions);
    }
    if (names.empty()) names = {operand};
    cards.insert(cards.end(), names.begin(), names.end());
  }
  return cards;
}

Options with_named_cards(Options options, const config::Configuration& configuration,
                         const host::Root& root) {
  if (options.operands.empty()) return options;
  const auto machine = host::read_machine(root);
  options.operands = named_cards(options.operands, configuration,
                                 machine ? machine->functions : std::vector<host::PciFunction>());
  return options;
}

}  // namespace verify
