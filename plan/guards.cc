// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/guards.h"

#include <algorithm>
#include <map>

#include "host/text.h"

namespace plan {
namespace {

using host::PciFunction;

// An initramfs does not show which displays have a driver, so the gate counts all that are claimed,
// and the plan must not differ from it.
bool claims_display(const Plan& plan, const std::string& card) {
  return std::any_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
    return claim.card == card && is_display(claim.function);
  });
}

// ": 0000:00:02.0 has none that is loaded": the displays that stay, but show nothing.
std::string without_driver(const host::Machine& machine) {
  std::vector<std::string> addresses;
  for (const PciFunction& function : machine.functions)
    if (is_display(function) && !function.has_host_driver)
      addresses.push_back(function.address.str());
  if (addresses.empty()) return {};
  return ": none is loaded for " + host::join(addresses, " ") +
         " (look for blacklists and nomodeset)";
}

bool is_claimed(const Plan& plan, const PciFunction& function) {
  return std::any_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
    return claim.function.address == function.address;
  });
}

// The displays that no section claims, but that a driver keeps for a guest. An option `ids=` also
// binds an identical card that the host is to keep.
std::vector<std::string> displays_on_claiming_drivers(const host::Machine& machine,
                                                      const Plan& plan) {
  std::vector<std::string> held;
  for (const PciFunction& function : machine.functions)
    if (is_display(function) && !function.is_virtual() && !is_claimed(plan, function) &&
        host::is_claiming_driver(function.driver))
      held.push_back(function.address.str() + " (" + function.driver + ")");
  return held;
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
  const std::string held = host::join(displays_on_claiming_drivers(machine, plan), " ");
  // From the last card to the first, until the host keeps a display.
  for (auto card = configuration.cards.rbegin(); card != configuration.cards.rend(); ++card) {
    if (card->may_be_last_display || !claims_display(plan, card->name)) continue;
    remove_claims(plan, card->name);
    plan.refusals.push_back(
        {card->name, card->file, card->line,
         "the host would have no other display with a driver" + without_driver(machine) +
             (held.empty() ? "" : "; kept for a guest: " + held),
         (held.empty()
              ? ""
              : "to give it back to the host, remove what binds it to that driver, such as an option 'ids=' that also matches it; or ") +
             std::string(
                 "add or enable another display, such as the integrated GPU in the firmware setup; if the host needs no screen, set 'only-display = allow'")});
    if (!remaining_displays(machine, plan).empty()) return;
  }
}

bool is_display(const PciFunction& function) {
  return function.is_class("0300") || function.is_class("0380");
}

std::vector<const PciFunction*> remaining_displays(const host::Machine& machine, const Plan& plan) {
  std::vector<const PciFunction*> remaining;
  for (const PciFunction& function : machine.functions) {
    const bool usable = function.has_host_driver && !host::is_claiming_driver(function.driver);
    if (is_display(function) && usable && !is_claimed(plan, function) && !function.is_virtual())
      remaining.push_back(&function);
  }
  return remaining;
}

}  // namespace plan
