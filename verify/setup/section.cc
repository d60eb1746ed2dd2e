// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/section.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/suggestion.h"

namespace verify {
namespace {

// A graphics card is named by its slot, another function by its own address.
std::string section_for(const Inspection& inspection, const std::string& name) {
  const host::PciFunction& first = inspection.functions.front().function;
  if (plan::are_of_one_card(inspection.machine, first, first))
    return plan::section_for(inspection.machine, first.address.slot, name);
  std::vector<const host::PciFunction*> functions;
  for (const host::PciAddress& address : inspection.addresses())
    if (const host::PciFunction* function = inspection.machine.find(address))
      functions.push_back(function);  // with its serial number
  return plan::section_for(functions, name);
}

// Suggests an identity for a section that has only an address: after an update, another device may
// have that address.
void add_identity(const Inspection& inspection, const config::Card& card, Steps& steps) {
  if (!card.identity.empty() || card.id || card.serial) return;
  const std::string section = section_for(inspection, card.name);
  for (const std::string_view line : host::split(section, "\n"))
    if (line.starts_with("identity"))
      steps.add(
          fmt::format("Pin the card to its identity: add to [{}], {}", card.name, card.where()),
          indented(line));
}

std::string staying_text(const host::Machine& machine, const host::PciSlot& slot) {
  const auto staying = plan::functions_that_stay(machine, slot);
  return staying.empty()
             ? ""
             : "\n" +
                   sentence(
                       "These are in the card's slot, but not a part of the card, and stay with the host: " +
                       host::join(staying, ", "));
}

void add_refusal(const config::Refusal& refusal, Steps& steps) {
  steps.add(refusal.awaited ? "Make the card appear"
                            : "Fix the reason why vfio-early does not claim the card",
            sentence(refusal.where() + ": " + refusal.why) + sentence("-> " + refusal.remedy));
}

// The section, and why vfio-early would refuse to claim its card.
void add_section(const Inspection& inspection, const config::Configuration& configuration,
                 Steps& steps) {
  const host::PciFunction& first = inspection.functions.front().function;
  const std::string name = plan::name_for(inspection.machine, first, configuration);
  const std::string section = section_for(inspection, name);
  steps.add(
      fmt::format("Add the card to {}", configuration.files.empty() ? inspection.configuration_file
                                                                    : configuration.files.front()),
      indented(section) + notes_on(inspection.machine, first));
  if (const auto refusal = plan::refusal_of(section, name, configuration, inspection.machine))
    steps.add("Fix the reason why vfio-early would not claim the card",
              sentence(refusal->why) + sentence("-> " + refusal->remedy));
}

}  // namespace

std::string notes_on(const host::Machine& machine, const host::PciFunction& function) {
  std::string notes;
  if (function.is_virtual()) {
    const std::string physical = function.physical_function->str();
    return "\n" +
           sentence("It is a virtual function of " + physical +
                    ", so it does not exist at boot: it is claimed when the driver of " + physical +
                    " creates it. Before that, write 0 to " + function.physical_function->sysfs() +
                    "/sriov_drivers_autoprobe, so that no host driver binds it first.");
  }
  if (plan::may_be_needed_by_host(function))
    notes = "\n" + sentence(fmt::format(
                       "It is a {}. Do not give it to a guest if the host needs it.",
                       function.is_class("0601") ? "bridge" : "storage or network function"));
  const auto functions = machine.in_slot(function.address.slot);
  if (std::any_of(functions.begin(), functions.end(),
                  [](auto* each) { return each->boot_display; }))
    notes +=
        "\n" +
        sentence(
            "This card is the boot display: the firmware, the boot menu and the first messages of the kernel are shown on it.");
  if (plan::is_bmc_display(function))
    notes +=
        "\n" + sentence("This is the display of the BMC, which is usually the host's console.");
  return notes + staying_text(machine, function.address.slot);
}

void add_configuration(const Inspection& inspection, const config::Configuration& configuration,
                       Steps& steps) {
  const ConfiguredFunction& first = inspection.functions.front();
  if (first.claim_status == ClaimStatus::kUnconfigured)
    return add_section(inspection, configuration, steps);
  for (const config::Card& card : configuration.cards)
    if (card.name == first.card) add_identity(inspection, card, steps);
  for (const config::Refusal& refusal : inspection.refusals) add_refusal(refusal, steps);
}

void add_awaited(const Inspection& inspection, Steps& steps) {
  for (const config::Refusal& refusal : inspection.refusals)
    if (refusal.awaited) add_refusal(refusal, steps);
}

}  // namespace verify
