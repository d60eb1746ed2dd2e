// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/checked_functions.h"

#include <algorithm>
#include <set>

#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/selection.h"

namespace verify {
namespace {

using host::Machine;
using host::PciFunction;
using Functions = std::vector<const PciFunction*>;

// The plan of this machine with an IOMMU and without vfio_early=off. If the IOMMU is missing or
// vfio_early=off is set, the checks report it for the chosen functions.
plan::Plan plan_for(const config::Configuration& configuration, Machine machine) {
  machine.has_iommu = true;
  machine.command_line = {};
  return plan::make_plan(configuration, machine);
}

// A slot selects the card in it, or all its functions if none of them is a card. Its virtual
// functions are other cards.
Functions functions_at(const std::string& wanted, const Machine& machine) {
  Functions all, cards;
  const auto slot = host::PciSlot::parse(wanted);
  const auto address = host::PciAddress::parse(wanted);
  for (const PciFunction* function :
       slot ? machine.in_slot(*slot) : Functions{address ? machine.find(*address) : nullptr}) {
    if (!function || function->is_bridge()) continue;
    all.push_back(function);
    if (plan::is_card_function(machine, *function)) cards.push_back(function);
  }
  return cards.empty() ? all : cards;
}

// The functions at the address of a refused section, which may be of another device, such as a
// disk.
Functions functions_of_refused(const config::Card& card, const Machine& machine) {
  plan::Selection selection = plan::select(card, machine);
  if (!selection.functions.empty()) return selection.functions;
  config::Card without_identity = card;
  without_identity.identity = {};
  selection = plan::select(without_identity, machine);
  if (!selection.functions.empty()) return selection.functions;
  Functions found;
  for (const config::SlotOrFunction& where : card.address) {
    const Functions here = functions_at(where.str(), machine);
    found.insert(found.end(), here.begin(), here.end());
  }
  return found;
}

bool is_handed_over(const config::Configuration& configuration, const std::string& card) {
  return std::any_of(configuration.cards.begin(), configuration.cards.end(),
                     [&](const config::Card& each) { return each.hand_over && each.name == card; });
}

// The card with 'vfs' whose physical function has this address; nullptr: none.
const std::string* card_with_physical(const plan::Plan& plan, const std::string& wanted) {
  for (const plan::VirtualFunctions& each : plan.virtual_functions)
    if (host::PciAddress::parse(wanted) == each.physical.address ||
        host::PciSlot::parse(wanted) == each.physical.address.slot)
      return &each.card;
  return nullptr;
}

// All functions that can be checked, each once. If two sections select a function, the first one
// has it.
std::vector<CheckedFunction> candidates(const config::Configuration& configuration,
                                        const plan::Plan& plan, const Machine& machine,
                                        const std::vector<std::string>& wanted) {
  std::vector<CheckedFunction> all;
  std::set<std::string> claimed;
  const auto add = [&](const CheckedFunction& chosen) {
    if (std::none_of(all.begin(), all.end(), [&](const CheckedFunction& other) {
          return other.function.address == chosen.function.address;
        }))
      all.push_back(chosen);
  };
  for (const plan::Claim& claim : plan.claims) {
    add({claim.card, claim.function, claim.handling.driver, ClaimStatus::kClaimed,
         is_handed_over(configuration, claim.card), claim.handling.allowed_peers});
    claimed.insert(claim.card);
  }
  // The physical function of a card with 'vfs' is the host's: it is not checked.
  for (const config::Card& card : plan.cards)
    if (!claimed.contains(card.name) && card.vfs == 0)
      for (const PciFunction* function : functions_of_refused(card, machine))
        add({card.name, *function, card.handling.driver, ClaimStatus::kRefused, false,
             card.handling.allowed_peers});
  // If a section has the card in a slot, that section decides which functions of the slot are
  // chosen.
  const auto is_settled = [&](const std::string& name) {
    return host::PciSlot::parse(name) &&
           std::any_of(all.begin(), all.end(), [&](const CheckedFunction& chosen) {
             return is_address_of(name, chosen.function, machine);
           });
  };
  for (const std::string& name : wanted)
    if (!configuration.sections.contains(name) && !is_settled(name) &&
        !card_with_physical(plan, name))
      for (const PciFunction* function : functions_at(name, machine))
        add({name, *function, config::kDefaultDriver, ClaimStatus::kUnconfigured});
  return all;
}

// The other functions of its card that are not chosen themselves.
std::vector<host::PciAddress> rest_of_card(const PciFunction& function,
                                           const std::vector<CheckedFunction>& chosen,
                                           const Machine& machine) {
  std::vector<host::PciAddress> rest;
  for (const PciFunction* other : machine.in_slot(function.address.slot))
    if (plan::are_of_one_card(machine, function, *other) &&
        std::none_of(chosen.begin(), chosen.end(), [&](const CheckedFunction& one) {
          return one.function.address == other->address;
        }))
      rest.push_back(other->address);
  return rest;
}

}  // namespace

bool is_pci_address(const std::string& wanted) {
  return host::PciSlot::parse(wanted) || host::PciAddress::parse(wanted);
}

bool is_address_of(const std::string& wanted, const PciFunction& function, const Machine& machine) {
  const auto slot = host::PciSlot::parse(wanted);
  if (!slot) return host::PciAddress::parse(wanted) == function.address;
  const Functions functions = machine.in_slot(*slot);
  return std::any_of(functions.begin(), functions.end(),
                     [&](const PciFunction* each) { return each->address == function.address; });
}

// An address of a function that belongs to a section selects the whole section.
CheckedFunctions find_checked_functions(const config::Configuration& configuration,
                                        const Machine& machine,
                                        const std::vector<std::string>& wanted) {
  const plan::Plan plan = plan_for(configuration, machine);
  const std::vector<CheckedFunction> all = candidates(configuration, plan, machine, wanted);
  std::set<std::string> cards(wanted.begin(), wanted.end());
  for (const config::Card& card : plan.cards)  // the cards of a section with `count`
    if (cards.contains(config::section_of(card.name))) cards.insert(card.name);
  for (const CheckedFunction& chosen : all)
    if (wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
          return is_address_of(name, chosen.function, machine);
        }))
      cards.insert(chosen.card);
  for (const std::string& name : wanted)
    if (const std::string* card = card_with_physical(plan, name)) cards.insert(*card);

  CheckedFunctions checked{.functions = {},
                           .virtual_functions = {},
                           .refusals = {},
                           .expectations = {},
                           .lacks_card = plan.lacks_card,
                           .assigned_functions = {}};
  for (const plan::Expectation& each : plan::expectations(configuration, plan))
    if (wanted.empty() || host::contains(wanted, each.section))
      checked.expectations.push_back(each);
  for (const CheckedFunction& chosen : all) {
    checked.assigned_functions.push_back(chosen.function.address);
    if (chosen.claim_status == ClaimStatus::kUnconfigured)
      for (const host::PciAddress& other : rest_of_card(chosen.function, all, machine))
        checked.assigned_functions.push_back(other);
    if (cards.contains(chosen.card)) checked.functions.push_back(chosen);
  }
  for (const plan::VirtualFunctions& each : plan.virtual_functions)
    if (wanted.empty() || cards.contains(each.card)) checked.virtual_functions.push_back(each);
  for (const config::Refusal& refusal : plan.refusals)
    if (wanted.empty() || refusal.card.empty() || cards.contains(refusal.card))
      checked.refusals.push_back(refusal);
  return checked;
}

}  // namespace verify
