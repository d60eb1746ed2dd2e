// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/print_hand_overs.h"

#include "early/planned_machine.h"
#include "host/printable.h"
#include "host/text.h"

namespace early::hand_over {
namespace {

void print_card(const std::string& name, const plan::Plan& plan) {
  std::vector<std::string> functions;
  for (const plan::Claim& claim : plan.claims)
    if (claim.card == name)
      functions.push_back(
          claim.function.address.str() +
          (claim.function.driver.empty() ? "" : " (" + claim.function.driver + ")"));
  if (!functions.empty())
    host::print(
        stdout,
        "%s has 'hand-over = yes': no boot claims it, and `vfio-early claim %s` takes %s.\n",
        name.c_str(), name.c_str(), host::join(functions, ", ").c_str());
  for (const config::Refusal& refusal : plan.refusals)
    if (refusal.card == name)
      host::print(stdout, "%s: [%s] %s: %s.\n  Remedy: %s.\n", refusal.where().c_str(),
                  name.c_str(), functions.empty() ? "cannot be handed over" : "is not complete",
                  refusal.why.c_str(), refusal.remedy.c_str());
}

}  // namespace

void print_hand_overs(const host::Root& root, const config::Configuration& configuration) {
  for (const config::Card& card : configuration.cards) {
    if (!card.hand_over) continue;
    const auto planned =
        plan_machine(root, config::without_hand_overs(configuration, card.name), {.groups = true});
    if (planned) print_card(card.name, planned->plan);
  }
}

}  // namespace early::hand_over
