// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/virtual_functions.h"

#include <algorithm>

#include "host/text.h"
#include "plan/card_functions.h"

namespace plan {
namespace {

using host::Machine;
using host::PciFunction;
using host::PhysicalFunction;

config::Refusal refusal(const config::Card& card, std::string why, std::string remedy) {
  return {card.name, card.file, card.line, std::move(why), std::move(remedy)};
}

constexpr const char* kEnableSriov =
    "enable SR-IOV in the firmware setup and in the settings of the card, or remove 'vfs'";

config::Refusal without_sriov(const config::Card& card, const PciFunction& function) {
  if (function.is_virtual())
    return refusal(card,
                   function.address.str() + " is a virtual function itself, of " +
                       function.physical_function->str(),
                   "remove 'vfs' to claim it, or select its physical function");
  return refusal(card, name_of(function) + " has no virtual functions (SR-IOV)", kEnableSriov);
}

config::Refusal too_many(const config::Card& card, const PciFunction& function, uint16_t total) {
  const std::string why = "'vfs = " + std::to_string(card.vfs) +
                          "' is too large: " + function.address.str() + " has at most " +
                          std::to_string(total) + " virtual functions (sriov_totalvfs)";
  const std::string& driver = function.driver;
  if (total == 0)
    return refusal(card, why,
                   driver.empty() ? kEnableSriov
                                  : "set the parameter of the driver " + driver +
                                        " that allows virtual functions, or remove 'vfs'");
  return refusal(card, why, "set 'vfs' to at most " + std::to_string(total));
}

// To claim it would take the physical function from the host.
config::Refusal own_virtual_function(const config::Card& card, const PhysicalFunction& physical) {
  const std::string address = physical.address.str();
  return refusal(card, address + " is reported as a virtual function of itself",
                 "check `ls -l " + physical.address.sysfs() +
                     "/virtfn*`, and update the firmware of the card; or remove 'vfs'");
}

// Of the functions that the section selects, the one that has virtual functions; nullptr: the plan
// has the reason.
const PhysicalFunction* find_physical(const config::Card& card, const Selection& selection,
                                      const Machine& machine, Plan& plan) {
  std::vector<const PhysicalFunction*> found;
  std::vector<std::string> addresses;
  for (const PciFunction* function : selection.functions)
    if (const auto* physical = machine.physical(function->address)) {
      found.push_back(physical);
      addresses.push_back(function->address.str());
    }
  if (found.size() == 1) return found.front();
  plan.refusals.push_back(
      found.empty() ? without_sriov(card, *selection.functions.front())
                    : refusal(card,
                              "several functions of the card have virtual functions: " +
                                  host::join(addresses, " "),
                              "select one by its own address, as in 'address = " +
                                  addresses.front() + "', and add a section for each other one"));
  return nullptr;
}

config::Warning without_host_driver(const config::Card& card, const PhysicalFunction& physical) {
  return {card.name,
          std::to_string(physical.created.size()) + " virtual functions of " +
              physical.address.str() + " exist, but only the first " + std::to_string(card.vfs) +
              " are claimed; no driver binds to the others by itself",
          "set 'vfs = " + std::to_string(physical.created.size()) +
              "', or bind the others with driver_override"};
}

// False: the plan has the reason why the card is not claimed.
bool add_claims(const config::Card& card, const VirtualFunctions& planned, const Machine& machine,
                Plan& plan) {
  const size_t before = plan.claims.size();
  for (size_t number = 0; number < planned.created; ++number) {
    const PciFunction* function = machine.find(planned.expected[number]);
    if (!function) continue;  // it is just being created, or removed
    if (function->lacks_group) {
      plan.claims.resize(before);
      plan.refusals.push_back(
          refusal(card, name_of(*function) + " has no IOMMU group, although an IOMMU is active",
                  "update the firmware, and enable the IOMMU for all devices in its setup"));
      return false;
    }
    plan.claims.push_back({card.name, *function, card.handling, static_cast<uint16_t>(number)});
  }
  return true;
}

}  // namespace

void plan_virtual_functions(const config::Card& card, const Selection& selection,
                            const Machine& machine, Plan& plan) {
  if (selection.refusal) return;
  const PhysicalFunction* physical = find_physical(card, selection, machine, plan);
  if (!physical) return;
  const PciFunction& function = *machine.find(physical->address);
  if (card.vfs > physical->total)
    return plan.refusals.push_back(too_many(card, function, physical->total));

  VirtualFunctions planned{
      .card = card.name, .physical = function, .wanted = card.vfs, .expected = {}};
  planned.handling = card.handling;
  planned.created = std::min<size_t>(card.vfs, physical->created.size());
  planned.others = physical->created.size() - planned.created;
  for (size_t number = 0; number < card.vfs; ++number)
    if (const auto address = physical->virtual_function(number))
      planned.expected.push_back(*address);
  if (contains(planned.expected, physical->address))
    return plan.refusals.push_back(own_virtual_function(card, *physical));
  if (!add_claims(card, planned, machine, plan)) return;
  if (planned.others > 0) plan.warnings.push_back(without_host_driver(card, *physical));
  plan.virtual_functions.push_back(std::move(planned));
}

bool has_planned_virtual_functions(const Plan& plan, const host::PciAddress& physical) {
  return std::any_of(plan.virtual_functions.begin(), plan.virtual_functions.end(),
                     [&](const auto& each) { return each.physical.address == physical; });
}

std::string short_list(const std::vector<host::PciAddress>& addresses) {
  constexpr size_t kMax = 6;
  std::vector<std::string> words;
  for (size_t i = 0; i < std::min(addresses.size(), kMax); ++i) words.push_back(addresses[i].str());
  return host::join(words, " ") + (addresses.size() > kMax
                                       ? " and " + std::to_string(addresses.size() - kMax) + " more"
                                       : "");
}

}  // namespace plan
