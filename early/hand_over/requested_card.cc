// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/requested_card.h"

#include <algorithm>
#include <cerrno>

#include "host/text.h"

namespace early::hand_over {
namespace {

using config::Card;
using config::Configuration;
using host::Error;
using host::Result;
using host::Root;

bool has_claim(const plan::Plan& plan, const std::string& card) {
  return std::any_of(plan.claims.begin(), plan.claims.end(),
                     [&](const plan::Claim& claim) { return claim.card == card; });
}

Card* find(Configuration& configuration, const std::string& name) {
  for (Card& card : configuration.cards)
    if (card.name == name) return &card;
  return nullptr;
}

Error unknown(const Configuration& configuration, const std::string& what) {
  std::vector<std::string> names;
  for (const Card& card : configuration.cards) names.push_back(card.name);
  return {0, "no section of the configuration has the card '" + what +
                 "'; configured cards: " + (names.empty() ? "none" : host::join(names, ", "))};
}

Error refused(const config::Refusal& refusal, int code) {
  return {code, refusal.card + ": " + refusal.where() + ": " + refusal.why +
                    ". Remedy: " + refusal.remedy};
}

// Why the plan does not have the card.
Error why_not(const PlannedMachine& planned, const std::string& card) {
  for (const config::Refusal& refusal : planned.configuration.refusals)
    if (refusal.card == card) return refused(refusal, 0);
  for (const config::Refusal& refusal : planned.plan.refusals)
    if (refusal.card == card) return refused(refusal, EPERM);
  return {EPERM,
          card + ": not claimed: " +
              (planned.plan.switched_off ? "vfio_early=off is set on the kernel command line"
                                         : "no function is selected; run `vfio-early plan`")};
}

// Without the owner's consent the plan would refuse the card.
bool is_last_display(const PlannedMachine& planned, const std::string& name) {
  Configuration asking = planned.configuration;
  Card* card = find(asking, name);
  if (!card || !card->may_be_last_display) return false;
  card->may_be_last_display = false;
  return !has_claim(plan::make_plan(asking, planned.machine), name);
}

}  // namespace

std::string card_named(const Root& root, const Configuration& configuration,
                       const std::string& what) {
  if (configuration.sections.contains(what)) return what;
  for (const Card& card : configuration.cards)
    if (card.name == what) return what;
  const auto address = config::SlotOrFunction::parse(what);
  if (!address) return {};
  // One plan for each card: what one guard refuses together may be claimed alone.
  for (const Card& card : configuration.cards) {
    Configuration alone = configuration;
    std::erase_if(alone.cards, [&](const Card& other) { return other.name != card.name; });
    for (Card& asked : alone.cards) asked.may_be_last_display = true;
    const auto planned = plan_machine(root, alone);
    if (!planned) return {};
    for (const plan::Claim& claim : planned->plan.claims)
      if (address->contains(claim.function.address)) return card.name;
    for (const config::SlotOrFunction& own : card.address)
      if (own == *address) return card.name;
  }
  return {};
}

Result<RequestedCard> requested_card(const Root& root, const std::string& config,
                                     const std::string& what) {
  Configuration whole = config::read_configuration(root, config);
  // A card of a section with 'count' is named after it: "gpus@0000:01:00".
  const std::string name = card_named(root, whole, config::section_of(what));
  if (name.empty()) return unknown(whole, what);
  const Card* configured = find(whole, name);
  if (configured && configured->count)
    return Error{
        0,
        name +
            ": the cards of a section with 'count' are claimed by `vfio-early claim`, without a name"};
  if (configured && configured->vfs > 0)
    return Error{
        0,
        name +
            ": the virtual functions of a section with 'vfs' are claimed by `vfio-early claim`, without a name"};
  auto planned = plan_machine(root, config::without_hand_overs(whole, name),
                              {.groups = true, .display_drivers = true});
  if (!planned) return planned.error();
  if (!has_claim(planned->plan, name)) return why_not(*planned, name);
  RequestedCard requested = {.name = name, .where = {}, .planned = std::move(*planned)};
  for (const Card& card : whole.cards)
    if (card.name == name) requested.where = card.where();
  requested.is_last_display = is_last_display(requested.planned, name);
  return requested;
}

}  // namespace early::hand_over
