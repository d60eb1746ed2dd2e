// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/choice.h"

#include <algorithm>
#include <set>

#include "plan/selection.h"

namespace verify {
namespace {

using host::Machine;
using host::PciFunction;
using Functions = std::vector<const PciFunction*>;

// The plan of this machine with an IOMMU and without vfio_early=off. If the IOMMU is missing or
// vfio_early=off is set, the checks report it for the chosen functions.
plan::Plan plan_for(const plan::Configuration& configuration, Machine machine) {
  machine.has_iommu = true;
  machine.command_line = {};
  return plan::make_plan(configuration, machine);
}

// A slot selects the card in it, or all its functions if none of them is a card.
Functions at_place(const std::string& wanted, const Machine& machine) {
  Functions all, cards;
  for (const PciFunction& function : machine.functions) {
    if (function.is_bridge() || !names_place_of(wanted, function)) continue;
    all.push_back(&function);
    if (plan::is_card_class(function)) cards.push_back(&function);
  }
  return cards.empty() ? all : cards;
}

// The functions at the address of a refused section, which may be of another device, such as a
// disk.
Functions at_place_of(const plan::Card& card, const Machine& machine) {
  plan::Selection selection = plan::select(card, machine);
  if (!selection.functions.empty()) return selection.functions;
  plan::Card place = card;
  place.identity = {};
  selection = plan::select(place, machine);
  if (!selection.functions.empty()) return selection.functions;
  Functions found;
  for (const plan::Place& where : card.address) {
    const Functions here = at_place(where.str(), machine);
    found.insert(found.end(), here.begin(), here.end());
  }
  return found;
}

// All functions that can be checked, each once. If two sections select a function, the first one
// has it.
std::vector<Chosen> candidates(const plan::Configuration& configuration, const plan::Plan& plan,
                               const Machine& machine, const std::vector<std::string>& wanted) {
  std::vector<Chosen> all;
  std::set<std::string> claimed;
  const auto add = [&](const Chosen& chosen) {
    if (std::none_of(all.begin(), all.end(), [&](const Chosen& other) {
          return other.function.address == chosen.function.address;
        }))
      all.push_back(chosen);
  };
  for (const plan::Claim& claim : plan.claims) {
    add({claim.card, claim.function, claim.handling.driver});
    claimed.insert(claim.card);
  }
  for (const plan::Card& card : configuration.cards)
    if (!claimed.contains(card.name))
      for (const PciFunction* function : at_place_of(card, machine))
        add({card.name, *function, card.handling.driver, Standing::kRefused});
  // If a section has the card in a slot, that section decides which functions of the slot are
  // chosen.
  const auto is_settled = [&](const std::string& name) {
    const auto slot = host::PciSlot::parse(name);
    return slot && std::any_of(all.begin(), all.end(), [&](const Chosen& chosen) {
             return chosen.function.address.slot == slot;
           });
  };
  for (const std::string& name : wanted)
    if (!configuration.sections.contains(name) && !is_settled(name))
      for (const PciFunction* function : at_place(name, machine))
        add({name, *function, plan::kDefaultDriver, Standing::kUnconfigured});
  return all;
}

}  // namespace

bool is_place(const std::string& wanted) {
  return host::PciSlot::parse(wanted) || host::PciAddress::parse(wanted);
}

bool names_place_of(const std::string& wanted, const PciFunction& function) {
  return host::PciSlot::parse(wanted) == function.address.slot ||
         host::PciAddress::parse(wanted) == function.address;
}

// An address of a function that belongs to a section selects the whole section.
Choice choose(const plan::Configuration& configuration, const Machine& machine,
              const std::vector<std::string>& wanted) {
  const plan::Plan plan = plan_for(configuration, machine);
  const std::vector<Chosen> all = candidates(configuration, plan, machine, wanted);
  std::set<std::string> cards(wanted.begin(), wanted.end());
  for (const Chosen& chosen : all)
    if (wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
          return names_place_of(name, chosen.function);
        }))
      cards.insert(chosen.card);

  Choice choice;
  for (const Chosen& chosen : all) {
    choice.spoken_for.push_back(chosen.function.address);
    if (cards.contains(chosen.card)) choice.functions.push_back(chosen);
  }
  for (const plan::Refusal& refusal : plan.refusals)
    if (wanted.empty() || refusal.card.empty() || cards.contains(refusal.card))
      choice.refusals.push_back(refusal);
  return choice;
}

}  // namespace verify
