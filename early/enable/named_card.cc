// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/named_card.h"

#include <algorithm>

#include "config/id_pattern.h"
#include "config/slot_or_function.h"
#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/cards.h"
#include "plan/selection.h"
#include "plan/suggestion.h"

namespace early::enable {
namespace {

using host::Error;
using host::Machine;
using host::PciFunction;
using host::Result;

NamedCard card_of(const Machine& machine, const PciFunction& function) {
  const bool alone = function.is_virtual() || !plan::is_card_function(machine, function);
  return {function.address.slot, alone ? std::optional(function.address.function) : std::nullopt};
}

Result<NamedCard> card_at(const Machine& machine, const config::SlotOrFunction& address) {
  const auto missing = [&] { return Error{0, "no device found at " + address.str()}; };
  if (address.function) {
    const PciFunction* function = machine.find({address.slot, *address.function});
    if (!function) return missing();
    return card_of(machine, *function);
  }
  const auto functions = machine.in_slot(address.slot);
  if (functions.empty()) return missing();
  for (const PciFunction* function : functions)
    if (const NamedCard card = card_of(machine, *function); !card.function) return card;
  if (functions.size() == 1) return card_of(machine, *functions.front());
  return Error{0, address.str() + " is not a graphics card: name one of its functions"};
}

Result<NamedCard> card_with_id(const Machine& machine, const config::IdPattern& id) {
  std::vector<NamedCard> cards;
  std::vector<std::string> names;
  for (const PciFunction& function : machine.functions) {
    if (!id.matches(function.id)) continue;
    const NamedCard card = card_of(machine, function);
    if (std::find(cards.begin(), cards.end(), card) != cards.end()) continue;
    cards.push_back(card);
    names.push_back(card.str());
  }
  if (cards.empty()) return Error{0, "no device found with the id " + id.str()};
  if (cards.size() == 1) return cards.front();
  return Error{0, "several devices have the id " + id.str() + ": " + host::join(names, ", ")};
}

bool has_address(const config::Card& configured, const NamedCard& card) {
  return std::any_of(configured.address.begin(), configured.address.end(), [&](const auto& each) {
    return each.slot == card.slot && (!card.function || each.function == card.function);
  });
}

}  // namespace

std::string NamedCard::str() const {
  return function ? host::PciAddress{slot, *function}.str() : slot.str();
}

bool NamedCard::contains(const host::PciAddress& address) const {
  return address.slot == slot && (!function || *function == address.function);
}

Result<NamedCard> find_card(const Machine& machine, const std::string& text) {
  if (const auto address = config::SlotOrFunction::parse(text)) return card_at(machine, *address);
  if (const auto id = config::IdPattern::parse(text)) return card_with_id(machine, *id);
  return Error{0, "'" + text + "' is not an address, like 01:00, or an id, like 10de:1b81"};
}

std::vector<const PciFunction*> functions_of(const Machine& machine, const NamedCard& card) {
  std::vector<const PciFunction*> functions;
  for (const PciFunction& function : machine.functions) {
    const bool belongs =
        card.function || (!function.is_virtual() && plan::is_card_function(machine, function));
    if (card.contains(function.address) && belongs) functions.push_back(&function);
  }
  return functions;
}

const config::Card* configured(const config::Configuration& configuration, const Machine& machine,
                               const NamedCard& card) {
  for (const config::Card& each : configuration.cards) {
    if (has_address(each, card)) return &each;
    for (const config::Card& one : plan::cards_of(each, machine))
      for (const PciFunction* function : plan::select(one, machine).functions)
        if (card.contains(function->address)) return &each;
  }
  return nullptr;
}

std::string free_name(const config::Configuration& configuration, const host::Root& root) {
  std::string name = "card";
  for (int number = 2; configuration.sections.contains(name) || root.exists(section_file(name));
       ++number)
    name = "card" + std::to_string(number);
  return name;
}

std::string section_file(const std::string& name) {
  return std::string(config::kConfigurationFile) + ".d/" + name + ".conf";
}

std::string section_text(const Machine& machine, const NamedCard& card, const std::string& name,
                         bool may_be_last_display) {
  const auto functions = functions_of(machine, card);
  const std::string section = card.function ? plan::section_for(functions, name)
                                            : plan::section_for(machine, card.slot, name);
  return "# written by `vfio-early enable`; `vfio-early disable` removes it\n" + section +
         (may_be_last_display ? "only-display = allow\n" : "");
}

}  // namespace early::enable
