// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/cards.h"
#include "plan/guards.h"
#include "plan/no_iommu.h"
#include "plan/selection.h"
#include "plan/virtual_functions.h"
#include "plan/warnings.h"

namespace plan {
namespace {

using host::Machine;
using host::PciFunction;

// A section that takes more than the card from its slot. If it takes nothing of the card, the
// function itself is what the user wants.
config::Warning beside_card_warning(const config::Card& card, const Machine& machine,
                                    const PciFunction& function, const Selection& selection) {
  const std::string what =
      name_of(function) +
      " is in the slot of the card, but is not a part of it, and the host cannot use it";
  std::vector<std::string> addresses, ids;
  for (const PciFunction* other : machine.in_slot(function.address.slot))
    if (is_card_function(machine, *other)) {
      addresses.push_back(other->address.str());
      ids.push_back(other->id.str());
    }
  if (std::none_of(selection.functions.begin(), selection.functions.end(),
                   [&](const PciFunction* other) {
                     return other->address.slot == function.address.slot &&
                            is_card_function(machine, *other);
                   }))
    return {card.name, what, "if the host needs it, remove it from " + card.where()};
  return {card.name, what,
          "to claim only " + host::join(addresses, " ") + ", change " + card.where() +
              ": set 'identity = " + host::join(ids, " ") + "' without 'functions'"};
}

// vfio-pci refuses a function without a group.
config::Refusal without_group(const config::Card& card, const PciFunction& function,
                              const host::CommandLine& command_line) {
  const std::string parameter = parameter_that_removes_group(function, command_line);
  const std::string why = name_of(function) + " has no IOMMU group, although an IOMMU is active: ";
  if (!parameter.empty())
    return {card.name, card.file, card.line,
            why + parameter + " leaves the integrated graphics out of the IOMMU",
            "remove igfx_off from " + parameter + " on the kernel command line"};
  return {card.name, card.file, card.line,
          why + "the firmware does not assign the function to an IOMMU",
          "update the firmware, and enable the IOMMU for all devices in its setup"};
}

// A claimed physical function has no virtual functions, since its host driver does not run.
void warn_of_virtual_functions(const Machine& machine, Plan& plan) {
  for (const Claim& claim : plan.claims) {
    std::vector<std::string> lost;
    for (const PciFunction& function : machine.functions)
      if (function.physical_function == claim.function.address)
        lost.push_back(function.address.str());
    if (lost.empty()) continue;
    plan.warnings.push_back(
        {claim.card,
         "virtual functions of " + claim.function.address.str() +
             " are not created while it is claimed: " + host::join(lost, " "),
         "to give a virtual function to a guest, leave " + claim.function.address.str() +
             " to the host, and claim the virtual function by its own address"});
  }
}

std::set<host::PciSlot> slots_of(const std::vector<const PciFunction*>& functions) {
  std::set<host::PciSlot> slots;
  for (const PciFunction* function : functions) slots.insert(function->address.slot);
  return slots;
}

void plan_card(const config::Card& card, const Machine& machine, Plan& plan) {
  if (!machine.has_iommu) {
    plan.refusals.push_back(refuse_without_iommu(card, machine));
    return;
  }
  const Selection selection = select(card, machine);
  plan.lacks_card |= selection.lacks_card && !machine.late;
  if (selection.refusal) plan.refusals.push_back(*selection.refusal);
  if (!selection.moved_to.empty() && !selection.refusal)
    plan.warnings.push_back({card.name,
                             "the card has moved; it is claimed at " + selection.moved_to,
                             "correct " + card.where() + ", then rebuild the initramfs"});
  if (selection.shortage) plan.refusals.push_back(*selection.shortage);
  if (card.vfs > 0) return plan_virtual_functions(card, selection, machine, plan);
  for (const PciFunction* function : selection.functions)
    if (function->lacks_group) {
      plan.refusals.push_back(without_group(card, *function, machine.command_line));
      return;
    }
  if (card.expect && !selection.functions.empty())
    plan.found_devices[card.name] = slots_of(selection.functions).size();
  for (const PciFunction* function : selection.functions) {
    plan.claims.push_back({card.name, *function, card.handling});
    if (is_beside_card(machine, *function))
      plan.warnings.push_back(beside_card_warning(card, machine, *function, selection));
  }
}

// group = claim: also claims the functions that share an IOMMU group with the card, except bridges,
// what the host may need, and what 'allow' leaves to it.
void add_group(const config::Card& card, const Machine& machine, Plan& plan) {
  std::set<int> groups;
  std::set<host::PciAddress> taken;
  for (const Claim& claim : plan.claims) {
    taken.insert(claim.function.address);
    if (claim.card == card.name && claim.function.group) groups.insert(*claim.function.group);
  }
  for (const PciFunction& function : machine.functions)
    if (function.group && groups.contains(*function.group) && !function.is_bridge() &&
        !function.is_virtual() && !may_be_needed_by_host(function) &&
        !has_planned_virtual_functions(plan, function.address) &&
        !taken.contains(function.address) &&
        !host::contains(card.handling.allowed_peers, function.address))
      plan.claims.push_back({card.name, function, card.handling});
}

}  // namespace

host::Details details_for(const config::Configuration& configuration) {
  host::Details details{.display_drivers = true};
  for (const config::Card& card : configuration.cards) {
    details.paths |= card.path || !card.slot_label.empty();
    details.physical_slots |= !card.slot_label.empty();
    details.serials |= card.serial || card.identity.serial;
    details.groups |= card.claim_group;
    details.virtual_functions |= card.vfs > 0;
  }
  return details;
}

Plan make_plan(const config::Configuration& configuration, const Machine& machine) {
  Plan plan;
  // Without an IOMMU each section is refused once.
  for (const config::Card& section : configuration.cards)
    for (config::Card& card :
         machine.has_iommu ? cards_of(section, machine) : std::vector<config::Card>{section})
      plan.cards.push_back(std::move(card));
  plan.switched_off = machine.command_line.value("vfio_early") == "off";
  if (plan.switched_off) return plan;

  plan.refusals = configuration.refusals;
  plan.warnings = configuration.warnings;
  for (const config::Card& card : plan.cards) plan_card(card, machine, plan);
  refuse_overlaps(plan);
  refuse_claimed_physical_functions(plan);
  for (const config::Card& card : plan.cards)
    if (card.claim_group) add_group(card, machine, plan);
  refuse_last_display(machine, plan);
  warn_of_virtual_functions(machine, plan);
  for (config::Warning& warning : claimed_peer_warnings(plan))
    plan.warnings.push_back(std::move(warning));
  return plan;
}

bool Plan::complete() const {
  return std::all_of(refusals.begin(), refusals.end(),
                     [](const config::Refusal& refusal) { return refusal.awaited; });
}

std::vector<Expectation> expectations(const config::Configuration& configuration,
                                      const Plan& plan) {
  std::set<std::string> claimed;
  for (const Claim& claim : plan.claims) claimed.insert(claim.card);
  std::vector<Expectation> all;
  for (const config::Card& card : configuration.cards) {
    const uint32_t expected = card.expect.value_or(card.count.value_or(config::kAllCards));
    if (expected == config::kAllCards) continue;
    const auto of_section = [&](const std::string& name) {
      return name != card.name && config::section_of(name) == card.name;
    };
    const auto unit = plan.found_devices.find(card.name);
    const auto cards =
        static_cast<size_t>(std::count_if(claimed.begin(), claimed.end(), of_section));
    const bool is_unit = unit != plan.found_devices.end() && claimed.contains(card.name);
    all.push_back({card.name, card.where(), expected, is_unit ? unit->second : cards});
  }
  return all;
}

std::vector<host::PciAddress> claimed_addresses(const Plan& plan) {
  std::vector<host::PciAddress> addresses;
  for (const Claim& claim : plan.claims) addresses.push_back(claim.function.address);
  return addresses;
}

}  // namespace plan
