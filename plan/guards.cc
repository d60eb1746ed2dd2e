// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/guards.h"

#include <algorithm>
#include <map>

namespace plan {
namespace {

using host::PciFunction;

// A display without a host driver does not count: the host cannot use it.
bool claims_display(const Plan& plan, const std::string& card) {
  return std::any_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
    return claim.card == card && is_display(claim.function) && claim.function.has_host_driver;
  });
}

// The host has no display with a driver, even if nothing is claimed: a refusal would not give it
// one.
void warn_about_no_display(const config::Configuration& configuration, Plan& plan) {
  for (const config::Card& card : configuration.cards)
    if (!card.may_be_last_display &&
        std::any_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
          return claim.card == card.name && is_display(claim.function);
        }))
      plan.warnings.push_back(
          {card.name, "no display of the host has a driver that is loaded",
           "remove blacklists and nomodeset for the display that stays with the host; if the host needs no screen, set 'only-display = allow'"});
}

// Removes the claims of a refused card.
void remove_claims(Plan& plan, const std::string& card) {
  std::erase_if(plan.claims, [&](const Claim& claim) { return claim.card == card; });
}

}  // namespace

void refuse_overlaps(const config::Configuration& configuration, Plan& plan) {
  std::map<host::PciAddress, std::string> owner;
  std::map<std::string, std::string> conflicting;  // card: why
  for (const Claim& claim : plan.claims) {
    const auto [first, fresh] = owner.emplace(claim.function.address, claim.card);
    if (fresh || first->second == claim.card) continue;
    const std::string why = claim.function.address.str() + " is claimed by both [" + first->second +
                            "] and [" + claim.card + "]";
    conflicting.emplace(first->second, why);
    conflicting.emplace(claim.card, why);
  }
  for (const config::Card& card : configuration.cards)
    if (const auto found = conflicting.find(card.name); found != conflicting.end()) {
      plan.refusals.push_back({card.name, card.file, card.line, found->second,
                               "name each function in only one section"});
      remove_claims(plan, card.name);
    }
}

void refuse_last_display(const config::Configuration& configuration, const host::Machine& machine,
                         Plan& plan) {
  if (!remaining_displays(machine, plan).empty()) return;
  // From the last card to the first, until the host keeps a display.
  for (auto card = configuration.cards.rbegin(); card != configuration.cards.rend(); ++card) {
    if (card->may_be_last_display || !claims_display(plan, card->name)) continue;
    remove_claims(plan, card->name);
    plan.refusals.push_back(
        {card->name, card->file, card->line, "the host would have no other display with a driver",
         "add or enable another display, such as the integrated GPU in the firmware setup; if the host needs no screen, set 'only-display = allow'"});
    if (!remaining_displays(machine, plan).empty()) return;
  }
  warn_about_no_display(configuration, plan);
}

bool is_display(const PciFunction& function) {
  return function.is_class("0300") || function.is_class("0380");
}

std::vector<const PciFunction*> remaining_displays(const host::Machine& machine, const Plan& plan) {
  std::vector<const PciFunction*> remaining;
  for (const PciFunction& function : machine.functions) {
    const bool claimed =
        std::any_of(plan.claims.begin(), plan.claims.end(),
                    [&](const Claim& claim) { return claim.function.address == function.address; });
    const bool usable = function.has_host_driver && !host::is_claiming_driver(function.driver);
    if (is_display(function) && usable && !claimed && !function.is_virtual)
      remaining.push_back(&function);
  }
  return remaining;
}

}  // namespace plan
