// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/offer.h"

#include <algorithm>

#include "early/enable/hook.h"
#include "early/enable/ledger.h"
#include "early/enable/next_boot.h"
#include "early/enable/parameters.h"
#include "early/enable/platform_commands.h"
#include "host/text.h"

namespace early::enable {
namespace {

using host::Error;
using host::Platform;
using host::Result;
using host::Root;

const config::Refusal* refusal_of(const plan::Plan& plan, const std::string& card) {
  const auto found =
      std::find_if(plan.refusals.begin(), plan.refusals.end(),
                   [&](const config::Refusal& refusal) { return refusal.card == card; });
  return found == plan.refusals.end() ? nullptr : &*found;
}

// Would the card be claimed if it may be the last display?
bool needs_permission(const PlannedMachine& planned, const std::string& name) {
  config::Configuration permitted = planned.configuration;
  for (config::Card& card : permitted.cards)
    if (card.name == name) card.may_be_last_display = true;
  return !refusal_of(plan::make_plan(permitted, planned.machine), name);
}

class Steps {
 public:
  Steps(const Root& root, Offer& offer) : root_(root), offer_(offer) {}

  void add_all(const host::Machine& machine, bool may_be_last_display) {
    add_section(machine, may_be_last_display);
    plan(machine);
    refuse_without_iommu_at_next_boot();
    refuse_what_plan_refuses();
    refuse_what_harms_another_card();
    if (offer_.refusal) return;
    if (const auto added = add_changes(); !added)
      offer_.refusal = {
          host::describe(added.error()),
          "run `vfio-verify setup " + card() + "`, which prints the steps for this machine"};
  }

 private:
  std::string card() const { return offer_.card.str(); }

  void note(std::string what) { offer_.notes.push_back(std::move(what)); }

  void add_section(const host::Machine& machine, bool may_be_last_display) {
    if (const config::Card* other = configured(configuration_, machine, offer_.card)) {
      offer_.name = other->name;
      return note("[" + other->name + "] in " + other->where() +
                  " selects the card already, so no section is added.");
    }
    offer_.name = free_name(configuration_, root_);
    const std::string file = section_file(offer_.name);
    std::string text = section_text(machine, offer_.card, offer_.name, may_be_last_display);
    config::parse_configuration(text, file, configuration_);
    offer_.proposal.changes.push_back(FileChange{.card = card(),
                                                 .file = file,
                                                 .before = {},
                                                 .after = std::move(text),
                                                 .words = "[" + offer_.name + "]"});
  }

  // The next boot has the parameter, so it will have an IOMMU.
  void plan(const host::Machine& machine) {
    offer_.planned = plan_read_machine(root_, configuration_, machine);
    parameter_ = parameter_for_iommu(root_, offer_.planned.machine, platform_);
    if (parameter_.empty()) return;
    offer_.planned.machine.has_iommu = true;
    offer_.planned.plan = plan::make_plan(configuration_, offer_.planned.machine);
  }

  // The boot loader's files may have changed since this boot.
  void refuse_without_iommu_at_next_boot() {
    const auto off = iommu_switch(root_, platform_);
    if (!off) return;
    offer_.refusal = {off->str(),
                      off->remedy + "; then run `vfio-early enable " + card() + "` again"};
  }

  void refuse_what_plan_refuses() {
    if (offer_.refusal) return;
    const plan::Plan& plan = offer_.planned.plan;
    if (plan.switched_off)
      offer_.refusal = {"vfio_early=off is set on the kernel command line, so nothing is planned",
                        "boot without it"};
    const config::Refusal* refused = refusal_of(plan, offer_.name);
    if (!refused) return;
    offer_.refusal = {refused->why, refused->remedy};
    if (has_new_section() && needs_permission(offer_.planned, offer_.name))
      offer_.refusal->remedy += ": `vfio-early enable " + card() + " --only-display=allow`";
  }

  // With the new section, the host may lack a display that another card was allowed to take.
  void refuse_what_harms_another_card() {
    const plan::Plan before = plan::make_plan(old_, offer_.planned.machine);
    for (const config::Refusal& refusal : offer_.planned.plan.refusals)
      if (refusal.card != offer_.name && !refusal_of(before, refusal.card) && !offer_.refusal)
        offer_.refusal = {"then [" + refusal.card + "] would not be claimed: " + refusal.why,
                          refusal.remedy};
  }

  bool has_new_section() const { return !offer_.proposal.changes.empty(); }

  Result<void> add_changes() {
    if (auto added = add_missing_parameter(); !added) return added;
    auto hook = add_hook(root_, platform_);
    if (!hook) return hook.error();
    if (*hook) offer_.proposal.changes.emplace_back(std::move(**hook));
    offer_.rebuilds_here = rebuilds_here(platform_);
    return add_rebuild();
  }

  Result<void> add_missing_parameter() {
    if (parameter_.empty()) return {};
    if (is_written(root_, platform_, parameter_)) {
      note(parameter_ + " is already set for the next boot.");
      return {};
    }
    auto change = add_parameter(root_, platform_, parameter_);
    if (!change)
      return Error{change.error().code,
                   parameter_ + " is missing on the kernel command line: " + change.error().step};
    offer_.proposal.changes.push_back(std::move(*change));
    return {};
  }

  // Also what an earlier card needed: when the last card is disabled, all of it runs.
  Result<void> add_rebuild() {
    auto commands = rebuild_commands(root_, platform_, !parameter_.empty());
    if (!commands) return commands.error();
    const auto ledger = read_ledger(root_);
    if (!ledger) return ledger.error();
    if (*ledger) add_recorded(root_, (*ledger)->rebuild, *commands);
    offer_.proposal.rebuild = std::move(*commands);
    return {};
  }

  const Root& root_;
  Offer& offer_;
  const Platform platform_ = host::read_platform(root_);
  const config::Configuration old_ = config::read_configuration(root_, config::kConfigurationFile);
  config::Configuration configuration_ = old_;  // with the new section
  std::string parameter_;                       // that an IOMMU needs
};

}  // namespace

Offer make_offer(const Root& root, const host::Machine& machine, const NamedCard& card,
                 bool may_be_last_display) {
  Offer offer{.card = card};
  Steps(root, offer).add_all(machine, may_be_last_display);
  return offer;
}

}  // namespace early::enable
