// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/status.h"

#include <algorithm>
#include <cstdio>

#include "early/commands.h"
#include "early/enable/commands.h"
#include "early/enable/conversation.h"
#include "early/enable/ledger.h"
#include "early/enable/parameters.h"
#include "early/hand_over/hand_overs.h"
#include "host/printable.h"
#include "host/text.h"
#include "plan/suggestion.h"

namespace early::enable {
namespace {

using host::Root;

bool is_recorded(const Status& status, const host::PciAddress& address) {
  if (!status.record) return false;
  const auto& functions = status.record->functions;
  return std::any_of(functions.begin(), functions.end(), [&](const auto& each) {
    return each.address == address && each.state == record::State::kBound;
  });
}

// nullptr: the card has no 'vfs', or is refused.
const plan::VirtualFunctions* virtual_functions_of(const Status& status, const config::Card& card) {
  for (const plan::VirtualFunctions& each : status.planned.plan.virtual_functions)
    if (each.card == card.name) return &each;
  return nullptr;
}

bool lacks_virtual_functions(const Status& status, const config::Card& card) {
  const auto* planned = virtual_functions_of(status, card);
  return planned && planned->created < planned->wanted;
}

std::string now_text(const Status& status, const config::Card& card) {
  if (is_claimed(status, card)) return "claimed now";
  if (lacks_virtual_functions(status, card)) {
    const auto* planned = virtual_functions_of(status, card);
    return std::to_string(planned->created) + " of " + std::to_string(planned->wanted) +
           " virtual functions exist now";
  }
  std::vector<std::string> drivers;
  for (const host::PciFunction* function : planned_functions(status, card))
    if (!function->driver.empty() && !host::contains(drivers, function->driver))
      drivers.push_back(function->driver);
  return "not claimed now (" + (drivers.empty() ? "no driver" : host::join(drivers, ", ")) + ")";
}

const char* image_text(Images images) {
  switch (images) {
    case Images::kRight:
      return "in the images";
    case Images::kWrong:
      return "not in every image";
    case Images::kInconclusive:
    case Images::kNotJudged:
      break;
  }
  return "images not checked";
}

std::string address_text(const Status& status, const config::Card& card) {
  if (const auto* planned = virtual_functions_of(status, card))
    return "virtual functions of " + planned->physical.address.str() + ", ";
  const auto functions = planned_functions(status, card);
  if (!functions.empty()) return functions.front()->address.slot.str() + ", ";
  return card.address.empty() ? "" : card.address.front().str() + ", ";
}

std::string card_line(const Status& status, const config::Card& card) {
  const std::string configured = address_text(status, card) + "configured (" + card.where() + "), ";
  if (const config::Refusal* refusal = refusal_of(status, card.name))
    return configured + (refusal->awaited ? "" : "refused: ") + refusal->why;  // "not connected: …"
  if (card.hand_over)
    return configured + "handed over when a guest starts, " + now_text(status, card);
  return configured + image_text(status.judged.images) + ", " + now_text(status, card);
}

void print_cards(const Status& status) {
  const config::Configuration& configuration = status.planned.configuration;
  for (const config::Card& card : status.planned.plan.cards)
    host::print(stdout, "%s: %s\n", card.name.c_str(), card_line(status, card).c_str());
  for (const config::Refusal& refusal : configuration.refusals)
    host::print(stdout, "%s%s%s: refused: %s\n", refusal.card.c_str(),
                refusal.card.empty() ? "" : ": ", refusal.where().c_str(), refusal.why.c_str());
  if (configuration.cards.empty() && configuration.refusals.empty())
    host::print(stdout, "No card is configured.\n");
}

std::string step_to_enable(const Status& status) {
  const auto slots = plan::graphics_slots(status.planned.machine);
  if (slots.empty()) return "nothing: this machine has no graphics card";
  return "to give a card to guests, run `vfio-early enable`" +
         (slots.size() == 1 ? " " + slots.front().str() : "");
}

// The next boot may have the IOMMU that this one lacks.
void plan_next_boot(const Root& root, const host::Platform& platform, PlannedMachine& planned) {
  const std::string parameter = parameter_for_iommu(root, planned.machine, platform);
  if (parameter.empty() || !is_written(root, platform, parameter)) return;
  planned.machine.has_iommu = true;
  planned.plan = plan::make_plan(planned.configuration, planned.machine);
}

host::Result<Status> read_status(const Root& root) {
  auto planned = plan_machine(root, config::read_configuration(root, config::kConfigurationFile),
                              {.groups = true, .environment = true});
  if (!planned) return planned.error();
  const host::Platform platform = host::read_platform(root);
  plan_next_boot(root, platform, *planned);
  Status status{.planned = std::move(*planned), .record = {}, .judged = {}};
  status.iommu_switch = iommu_switch(root, platform);
  if (auto record = record::read_record(root)) status.record = std::move(*record);
  if (const auto hand_overs = hand_over::read_hand_overs(root); !hand_overs)
    status.hand_over_problem = describe(hand_overs.error());
  const auto ledger = read_ledger(root);
  if (!ledger) return ledger.error();
  status.unfinished = *ledger && (*ledger)->state != State::kEnabled;
  if (!status.planned.configuration.cards.empty()) status.judged = judge_images(root);
  return status;
}

}  // namespace

std::vector<const host::PciFunction*> planned_functions(const Status& status,
                                                        const config::Card& card) {
  std::vector<const host::PciFunction*> functions;
  for (const plan::Claim& claim : status.planned.plan.claims)
    if (claim.card == card.name) functions.push_back(&claim.function);
  return functions;
}

const config::Refusal* refusal_of(const Status& status, const std::string& card) {
  for (const config::Refusal& refusal : status.planned.plan.refusals)
    if (refusal.card == card) return &refusal;
  return nullptr;
}

bool is_claimed(const Status& status, const host::PciFunction& function) {
  return host::is_vfio_driver(function.driver) && is_recorded(status, function.address);
}

bool is_claimed(const Status& status, const config::Card& card) {
  const auto functions = planned_functions(status, card);
  return !functions.empty() && !lacks_virtual_functions(status, card) &&
         std::all_of(functions.begin(), functions.end(),
                     [&](const host::PciFunction* each) { return is_claimed(status, *each); });
}

NextStep next_step(const Status& status) {
  const auto& cards = status.planned.plan.cards;
  if (status.unfinished)
    return {"run `vfio-early disable`: it undoes the changes of a run that did not finish"};
  if (status.planned.plan.switched_off)
    return {"reboot without vfio_early=off on the kernel command line"};
  if (!status.hand_over_problem.empty()) return {status.hand_over_problem};  // it has the remedy
  // Also the cause if cards are refused because this boot has no IOMMU.
  if (const auto& off = status.iommu_switch; off && !cards.empty())
    return {off->str() + ": " + off->remedy + ", and reboot"};
  if (!status.planned.plan.complete()) return {"run `vfio-early plan`, which prints the remedies"};
  if (cards.empty()) return {step_to_enable(status), true};
  if (status.judged.images == Images::kWrong)
    return {"build the initramfs again: `vfio-verify image --all` prints the command"};
  for (const config::Card& card : cards)
    if (lacks_virtual_functions(status, card))
      return {"run `vfio-early claim`, which creates them"};
  for (const config::Card& card : cards)
    if (!card.hand_over && !refusal_of(status, card.name) && !is_claimed(status, card))
      return {"reboot"};
  return {"none. `vfio-verify` checks whether the cards can be given to guests", true};
}

int run_status(const Root& root, const Options& options) {
  const auto status = read_status(root);
  if (!status) return print_problem(describe(status.error())), kNotAllClaimed;
  const NextStep next = next_step(*status);
  if (options.format == "json") {
    host::print(stdout, "%s", status_json(*status).c_str());
    return next.done ? kAllClaimed : kNotAllClaimed;
  }
  print_cards(*status);
  host::print(stdout, "Next step: %s.\n", next.words.c_str());
  return next.done ? kAllClaimed : kNotAllClaimed;
}

}  // namespace early::enable
