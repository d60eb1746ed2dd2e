// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/warnings.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "host/pci_class.h"
#include "host/text.h"
#include "plan/card_functions.h"

namespace plan {
namespace {

using host::PciFunction;

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

std::vector<config::IdPattern> patterns_of(std::string_view ids) {
  std::vector<config::IdPattern> patterns;
  for (const std::string_view entry : host::split(ids, ",\""))
    if (const auto pattern = id_of(entry)) patterns.push_back(*pattern);
  return patterns;
}

bool matches_any(const std::vector<config::IdPattern>& patterns, const PciFunction& function) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const config::IdPattern& pattern) {
    return pattern.matches(function.id);
  });
}

// "0000:00:14.0 (8086:06ed, USB)": what the host loses.
std::string with_class(const PciFunction& function) {
  const std::string name = host::class_name(function);
  return function.address.str() + " (" + function.id.str() + (name.empty() ? "" : ", " + name) +
         ")";
}

// The functions that fulfil `condition`, and that the option matches if it is `ids=`. vfio-pci
// refuses bridges (vfio_pci_core_register_device), and pcieport holds them before pci-stub.
std::vector<std::string> matches(const host::Machine& machine, const host::ModuleOption& option,
                                 const auto& condition) {
  std::vector<std::string> found;
  if (option.name != "ids") return found;
  const auto patterns = patterns_of(option.value);
  for (const PciFunction& function : machine.functions)
    if (condition(function) && !function.is_bridge() && matches_any(patterns, function))
      found.push_back(with_class(function));
  return found;
}

std::string holder_of(const PciFunction& function) {
  return function.driver.empty() ? "no driver" : "driver " + function.driver;
}

// What to do about a function of the host in the group of a claimed card.
std::string remedy_for(const host::Machine& machine, const PciFunction& function,
                       const std::vector<host::PciAddress>& claimed) {
  if (function.driver == "vmd")
    return "disable VMD in the firmware setup: the card then has a different address, and an IOMMU group without VMD";
  if (!stays_with_host(machine, function))
    return "claim it too: name it in the configuration, or set 'group = claim' for the card";
  if (std::any_of(claimed.begin(), claimed.end(), [&](const host::PciAddress& address) {
        return address.slot == function.address.slot;
      }))
    return "use another device for the guest: no slot isolates the functions of one device";
  return "move the card to a slot where it has its own IOMMU group; vfio-verify names such slots, if there are any";
}

bool share_group(const host::Machine& machine, const host::PciAddress& one,
                 const PciFunction& other) {
  const PciFunction* function = machine.find(one);
  return function && function->group && function->group == other.group && one != other.address;
}

bool is_claimed(const std::vector<ClaimedFunction>& claimed, const host::PciAddress& address) {
  return std::any_of(claimed.begin(), claimed.end(),
                     [&](const ClaimedFunction& each) { return each.address == address; });
}

}  // namespace

std::vector<ClaimedFunction> claimed_functions(const Plan& plan) {
  std::vector<ClaimedFunction> functions;
  for (const Claim& claim : plan.claims)
    functions.push_back(
        {claim.card, claim.function.address, claim.handling.driver, claim.handling.allowed_peers});
  for (const VirtualFunctions& each : plan.virtual_functions)
    for (size_t number = each.created; number < each.expected.size(); ++number)
      functions.push_back({each.card, each.expected[number], each.handling.driver, {}});
  return functions;
}

std::vector<const PciFunction*> allowed_peers(const host::Machine& machine,
                                              const std::vector<ClaimedFunction>& claimed) {
  std::vector<const PciFunction*> peers;
  for (const PciFunction& function : machine.functions)
    if (!is_claimed(claimed, function.address) &&
        std::any_of(claimed.begin(), claimed.end(), [&](const ClaimedFunction& each) {
          return contains(each.allowed_peers, function.address) &&
                 share_group(machine, each.address, function);
        }))
      peers.push_back(&function);
  return peers;
}

std::vector<config::Warning> claimed_peer_warnings(const Plan& plan) {
  std::map<std::string, std::string> sections;  // of each claimed card, with its location
  for (const config::Card& card : plan.cards)
    sections.emplace(card.name, "[" + config::section_of(card.name) + "] (" + card.where() + ")");
  const auto claimed = claimed_functions(plan);
  std::set<std::pair<std::string, host::PciAddress>> known;
  std::vector<config::Warning> warnings;
  for (const ClaimedFunction& each : claimed)
    for (const host::PciAddress& peer : each.allowed_peers)
      for (const ClaimedFunction& other : claimed)
        if (other.address == peer && known.emplace(config::section_of(each.card), peer).second)
          warnings.push_back({config::section_of(each.card),
                              "'allow' names " + peer.str() + ", which is claimed by section " +
                                  sections[other.card] + " and does not stay with the host",
                              "remove it from 'allow' in section " + sections[each.card] +
                                  ", or do not claim it"});
  return warnings;
}

std::vector<config::Warning> useless_allow_warnings(const host::Machine& machine,
                                                    const std::vector<ClaimedFunction>& claimed) {
  std::set<std::pair<std::string, host::PciAddress>> useless, useful;
  for (const ClaimedFunction& each : claimed)
    for (const host::PciAddress& peer : each.allowed_peers) {
      if (is_claimed(claimed, peer)) continue;  // see claimed_peer_warnings()
      const PciFunction* function = machine.find(peer);
      const bool shares = function && share_group(machine, each.address, *function);
      (shares ? useful : useless).emplace(each.card, peer);
    }
  std::vector<config::Warning> warnings;
  for (const auto& [card, peer] : useless)
    if (!useful.contains({card, peer}))
      warnings.push_back({card,
                          "'allow' names " + peer.str() + ", which is " +
                              (machine.find(peer) ? "in no IOMMU group of the card" : "not found"),
                          "remove it, or correct the address: it changes when cards are added"});
  return warnings;
}

std::vector<config::Warning> unclaimed_group_warnings(
    const host::Machine& machine, const std::vector<ClaimedFunction>& claimed_functions) {
  std::vector<host::PciAddress> claimed;
  for (const ClaimedFunction& each : claimed_functions) claimed.push_back(each.address);
  const auto allowed = allowed_peers(machine, claimed_functions);
  std::set<int> groups;
  for (const PciFunction& function : machine.functions)
    if (function.group && contains(claimed, function.address)) groups.insert(*function.group);

  std::vector<config::Warning> warnings;
  for (const PciFunction& function : machine.functions) {
    const bool is_lost = function.is_virtual() && contains(claimed, *function.physical_function);
    if (!function.group || !groups.contains(*function.group) || function.is_bridge() || is_lost ||
        contains(claimed, function.address) || host::is_claiming_driver(function.driver) ||
        std::find(allowed.begin(), allowed.end(), &function) != allowed.end() ||
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

bool ids_match(std::string_view ids, const PciFunction& function) {
  return matches_any(patterns_of(ids), function);
}

std::vector<config::Warning> ids_option_warnings(const host::Machine& machine,
                                                 const std::vector<host::PciAddress>& claimed,
                                                 const std::string& driver,
                                                 std::span<const host::ModuleOption> options) {
  std::vector<config::Warning> warnings;
  for (const host::ModuleOption& option : options) {
    const auto excess = matches(machine, option, [&](const PciFunction& function) {
      return !contains(claimed, function.address);
    });
    if (excess.empty()) continue;
    warnings.push_back(
        {"",
         "the " + driver + " option ids=" + option.value + " (" + option.where +
             ") also matches functions that are not claimed: " + host::join(excess, " and "),
         "remove the option: vfio-early claims by address and does not need it"});
  }
  return warnings;
}

std::vector<config::Warning> stub_warnings(const host::Machine& machine,
                                           const std::vector<host::PciAddress>& claimed,
                                           std::span<const host::ModuleOption> options) {
  std::vector<config::Warning> warnings;
  for (const host::ModuleOption& option : options) {
    const auto stubbed = matches(machine, option, [&](const PciFunction& function) {
      return contains(claimed, function.address);
    });
    if (stubbed.empty()) continue;
    warnings.push_back(
        {"",
         "pci-stub binds " + host::join(stubbed, " and ") + " first because of its option ids=" +
             option.value + " (" + option.where + "); vfio-early unbinds it",
         option.is_on_command_line()
             ? "remove pci-stub.ids= from the kernel command line"
             : "remove the option from " + option.where + ", then rebuild the initramfs"});
  }
  return warnings;
}

std::vector<std::string> vfio_modules(const std::vector<std::string>& drivers) {
  std::vector<std::string> modules = {"vfio_pci",    "vfio_pci_core",    "vfio",
                                      "vfio_virqfd", "vfio_iommu_type1", "iommufd",
                                      "irqbypass"};
  for (const std::string& driver : drivers)
    if (!host::contains(modules, host::underscored(driver)))
      modules.push_back(host::underscored(driver));
  return modules;
}

bool is_ignored_command(const host::ModprobeLine& line, const std::vector<std::string>& modules) {
  return (line.command() == "install" || line.command() == "remove") &&
         std::any_of(modules.begin(), modules.end(),
                     [&](const std::string& module) { return line.names(module); });
}

std::vector<config::Warning> ignored_command_warnings(
    const std::vector<std::string>& modules, const std::vector<host::ModprobeLine>& lines) {
  std::vector<config::Warning> warnings;
  for (const host::ModprobeLine& line : lines)
    if (is_ignored_command(line, modules))
      warnings.push_back(
          {"",
           line.where + ": '" + line.str() +
               "' is ignored: vfio-early loads the module, and runs no command",
           "remove this line, because modprobe runs it; then rebuild the initramfs"});
  return warnings;
}

}  // namespace plan
