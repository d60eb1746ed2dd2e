// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/warnings.h"

#include <algorithm>
#include <set>

#include "host/text.h"
#include "plan/card_functions.h"

namespace plan {
namespace {

using host::PciFunction;

bool contains(const std::vector<host::PciAddress>& all, const host::PciAddress& address) {
  return std::find(all.begin(), all.end(), address) != all.end();
}

// The first two or four parts of "10de:1b81:1458:3702:030000:ffffff" (pci_add_dynid's form in
// drivers/vfio/pci/vfio_pci.c). If the subsystem is ffffffff, which matches any, only the first
// two.
std::optional<config::IdPattern> id_of(std::string_view entry) {
  const auto words = host::split(entry, ":");
  if (words.size() < 2) return std::nullopt;
  const std::string pair = std::string(words[0]) + ":" + std::string(words[1]);
  if (words.size() >= 4)
    if (const auto whole = config::IdPattern::parse(pair + ":" + std::string(words[2]) + ":" +
                                                    std::string(words[3])))
      return whole;
  return config::IdPattern::parse(pair);
}

std::string holder_of(const PciFunction& function) {
  return function.driver.empty() ? "no driver" : "driver " + function.driver;
}

// What to do about a function of the host in the group of a claimed card.
std::string remedy_for(const host::Machine& machine, const PciFunction& function,
                       const std::vector<host::PciAddress>& claimed) {
  if (function.driver == "vmd")
    return "disable VMD in the firmware setup: the card then has another address, and an IOMMU group without VMD";
  if (!stays_with_host(machine, function))
    return "claim it too: name it in the configuration, or set 'group = claim' for the card";
  if (std::any_of(claimed.begin(), claimed.end(), [&](const host::PciAddress& address) {
        return address.slot == function.address.slot;
      }))
    return "use another device for the guest: no slot isolates the functions of one device";
  return "move the card to another slot, where it has its own IOMMU group";
}

}  // namespace

std::vector<config::Warning> unclaimed_group_warnings(
    const host::Machine& machine, const std::vector<host::PciAddress>& claimed) {
  std::set<int> groups;
  for (const PciFunction& function : machine.functions)
    if (function.group && contains(claimed, function.address)) groups.insert(*function.group);

  std::vector<config::Warning> warnings;
  for (const PciFunction& function : machine.functions) {
    if (!function.group || !groups.contains(*function.group) || function.is_bridge() ||
        contains(claimed, function.address) || host::is_claiming_driver(function.driver) ||
        (function.is_class("06") && function.driver.empty()))
      continue;
    warnings.push_back(
        {"",
         name_of(function) + " shares IOMMU group " + std::to_string(*function.group) +
             " with a claimed card, but stays with the host (" + holder_of(function) +
             "): while a host driver is bound to it, no guest can use the card",
         remedy_for(machine, function, claimed)});
  }
  return warnings;
}

std::vector<config::Warning> ids_option_warnings(const host::Machine& machine,
                                                 const std::vector<host::PciAddress>& claimed,
                                                 std::span<const host::ModuleOption> options) {
  std::vector<config::Warning> warnings;
  for (const host::ModuleOption& option : options) {
    if (option.name != "ids") continue;
    std::vector<std::string> excess;
    for (const std::string_view entry : host::split(option.value, ",\""))
      if (const auto id = id_of(entry))
        for (const PciFunction& function : machine.functions)
          if (id->matches(function.id) && !contains(claimed, function.address))
            excess.push_back(function.address.str() + " (" + function.id.str() + ")");
    if (excess.empty()) continue;
    warnings.push_back(
        {"",
         "the vfio-pci option ids=" + option.value + " (" + option.where +
             ") also matches functions that are not claimed: " + host::join(excess, " and "),
         "remove the option: vfio-early claims by address and does not need it"});
  }
  return warnings;
}

}  // namespace plan
