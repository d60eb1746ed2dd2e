// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/separation.h"

#include <algorithm>

#include <fmt/format.h>

#include "plan/card_functions.h"
#include "verify/check/platform_remedies.h"
#include "verify/inspect/isolation/slots.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

using host::PciFunction;
using isolation::Node;
using isolation::PortType;
using isolation::Topology;
using Functions = std::vector<PciFunction>;

// The card, the functions that share its group, and the place of the card.
struct Situation {
  const Inspection& inspection;
  const InspectedGroup& group;
  std::optional<size_t> card;  // its node; nullopt: the location is unknown
  Functions own = {};          // other functions of the card
  Functions strangers = {};
  bool in_one_device = false;  // all strangers are functions of the card's device

  const Topology& topology() const { return inspection.topology; }
};

// A part of the processor or the chipset is on a root bus, or below a port without a slot.
bool can_be_moved(const Situation& situation) {
  if (!situation.card) return true;
  const auto path = situation.topology().path(*situation.card);
  return std::any_of(path.begin(), path.end(), [&](size_t port) {
    const auto& config = situation.topology().nodes[port].config;
    return !config || config->has_slot;
  });
}

bool is_in_checked_device(const Situation& situation, const PciFunction& other) {
  const auto& functions = situation.inspection.functions;
  return std::any_of(functions.begin(), functions.end(), [&](const ConfiguredFunction& function) {
    return function.group == situation.group.number &&
           function.function.address.slot == other.address.slot;
  });
}

Situation situation_of(const Inspection& inspection, const InspectedGroup& group,
                       const Functions& others) {
  Situation found{inspection, group,
                  inspection.topology.find(*host::PciAddress::parse(group.subject))};
  for (const PciFunction& other : others)
    (are_of_one_card(inspection, group, other) ? found.own : found.strangers).push_back(other);
  found.in_one_device =
      std::all_of(found.strangers.begin(), found.strangers.end(),
                  [&](const PciFunction& other) { return is_in_checked_device(found, other); });
  return found;
}

// The VMD that the card is behind, or that the card is while others are behind it.
std::optional<size_t> vmd_of(const Situation& situation) {
  if (!situation.card) return std::nullopt;
  const Topology& topology = situation.topology();
  if (const auto vmd = topology.nodes[*situation.card].vmd) return vmd;
  for (const PciFunction& other : situation.strangers)
    if (const auto node = topology.find(other.address); node && topology.nodes[*node].vmd)
      return topology.nodes[*node].vmd;
  return std::nullopt;
}

Remedy disable_vmd(const Node& vmd) {
  return fmt::format(
      "disable VMD (Intel Volume Management Device, {}) in the firmware setup: the devices behind it then have different addresses, and groups without VMD; RAID volumes of VMD (Intel RST, VROC) do not work without it",
      vmd.name());
}

bool any_port_unreadable(const Topology& topology) {
  return std::any_of(topology.nodes.begin(), topology.nodes.end(),
                     [](const Node& node) { return node.function.is_bridge() && !node.config; });
}

std::string move_to(const Topology& topology, const std::vector<size_t>& slots) {
  std::vector<std::string> words;
  for (const size_t slot : slots) {
    const std::string kind = slot_kind(topology, slot);
    words.push_back(topology.nodes[slot].name() + (kind.empty() ? "" : " (" + kind + ")"));
  }
  return "move the card to a slot that isolates it; empty slots are below " + listed(words);
}

// Root ports and ports of switches get ACS from the hardware, but some firmware disables it.
bool lacks_acs(const Situation& situation) {
  if (!situation.card) return false;
  const Topology& topology = situation.topology();
  const auto path = topology.path(*situation.card);
  return std::any_of(path.begin(), path.end(), [&](size_t port) {
    const Node& node = topology.nodes[port];
    return (node.type() == PortType::kRootPort || node.type() == PortType::kDownstream) &&
           !node.config->acs && isolates(topology, port) == isolation::Tristate::kNo;
  });
}

// Is a port above the card one that only a newer kernel isolates?
bool needs_newer_kernel(const Situation& situation) {
  if (!situation.card) return false;
  const auto path = situation.topology().path(*situation.card);
  return std::any_of(path.begin(), path.end(), [&](size_t port) {
    return isolation::needs_newer_kernel(situation.topology(), port);
  });
}

std::string enable_acs(const Situation& situation, bool needs_a_slot) {
  // AGESA of Zen and later has this menu. Firmware of older families and coreboot do not.
  const host::Platform& platform = situation.inspection.platform;
  const bool amd = platform.cpu_vendor == "AuthenticAMD" && platform.cpu_family >= 0x17;
  return fmt::format(
      "enable ACS in the firmware setup{}, if it has this setting; a firmware update may add it{}",
      amd ? " (often \"ACS Enable\" below AMD CBS, NBIO)" : "",
      needs_a_slot ? "; no empty slot of this machine isolates the card" : "");
}

Remedy add_to_configuration(const Situation& situation, const std::string& what) {
  return fmt::format("{} {}, and ", what, situation.inspection.configuration_file) +
         rebuild_image(situation.inspection.platform);
}

bool stay_with_host(const Situation& situation) {
  return std::any_of(situation.strangers.begin(), situation.strangers.end(),
                     [&](const PciFunction& other) {
                       return plan::stays_with_host(situation.inspection.machine, other);
                     });
}

// An APU's other devices: the host needs its USB controllers.
bool has_beside_card(const Situation& situation) {
  return std::any_of(situation.strangers.begin(), situation.strangers.end(),
                     [&](const PciFunction& other) {
                       return plan::is_beside_card(situation.inspection.machine, other);
                     });
}

bool share_the_group(const Situation& situation) {
  const auto& members = situation.group.members;
  return std::all_of(
      situation.strangers.begin(), situation.strangers.end(), [&](const PciFunction& other) {
        return std::any_of(members.begin(), members.end(), [&](const PciFunction& member) {
          return member.address == other.address;
        });
      });
}

// The section that claims a function of the group: "[gaming]"; without one, in words.
std::string section_of(const Situation& situation) {
  for (const ConfiguredFunction& function : situation.inspection.functions)
    if (function.group == situation.group.number &&
        function.claim_status != ClaimStatus::kUnconfigured)
      return "[" + function.card + "]";
  return "the card's section";
}

// group = claim adds all functions of the group, but no others.
Remedy give_to_guest(const Situation& situation) {
  const bool one = situation.strangers.size() == 1;
  const std::string give =
      fmt::format("give {} to the guest as well: ", one ? "this function" : "these functions");
  if (share_the_group(situation))
    return add_to_configuration(
        situation, fmt::format("{}set group = claim in {} of", give, section_of(situation)));
  return add_to_configuration(
      situation, fmt::format("{}add {} for {} to", give, one ? "a section" : "sections",
                             listed_functions(situation.strangers)));
}

// All that separates the card from strangers, or makes it unnecessary; the best first.
std::vector<Remedy> ways(const Situation& situation, const std::vector<size_t>& slots) {
  std::vector<Remedy> found;
  const bool helps_to_move = can_be_moved(situation) && !situation.in_one_device;
  if (helps_to_move && !slots.empty()) found.emplace_back(move_to(situation.topology(), slots));
  if (helps_to_move && slots.empty() && any_port_unreadable(situation.topology()))
    found.emplace_back("move the card to a slot that has its own group");
  if (lacks_acs(situation))
    found.emplace_back(enable_acs(situation, helps_to_move && found.empty()));
  if (!stay_with_host(situation))
    found.push_back(give_to_guest(situation));
  else if (situation.in_one_device && can_be_moved(situation) && !has_beside_card(situation))
    found.emplace_back(
        "give all functions of the device to the guest, if the host needs none of them");
  if (needs_newer_kernel(situation))
    found.emplace(
        found.begin(),
        "boot Linux 5.10 or later, which isolates the chipset's ports: Linux 5.9 does not");
  return found;
}

Remedy separate_from_strangers(const Situation& situation) {
  const std::vector<size_t> slots = isolating_slots(situation.topology());
  const std::vector<Remedy> found = ways(situation, slots);
  if (found.empty())
    return fmt::format(
        "use a different device for the guest: {} {} with the host, and no empty slot separates this device from {}",
        listed_functions(situation.strangers), situation.strangers.size() > 1 ? "stay" : "stays",
        situation.strangers.size() > 1 ? "them" : "it");
  Remedy remedy = found.front();
  for (size_t i = 1; i < found.size(); ++i) remedy = std::move(remedy).then("or " + found[i]);
  return remedy;
}

std::vector<std::string> names_with_drivers(const Functions& functions) {
  std::vector<std::string> words;
  words.reserve(functions.size());
  for (const PciFunction& function : functions)
    words.push_back(function.driver.empty()
                        ? function.address.str()
                        : fmt::format("{} ({})", function.address.str(), function.driver));
  return words;
}

// The driver of a port only manages the port.
bool is_held_by_host(const PciFunction& function) {
  return !function.driver.empty() && function.driver != "pcieport" &&
         !host::is_claiming_driver(function.driver);
}

Remedy claim_whole_card(const Situation& situation) {
  return add_to_configuration(
      situation,
      "claim the whole card: add " + listed_functions(situation.own) + " to its section in");
}

}  // namespace

Functions host_functions_first(Functions functions) {
  const auto end_of_held =
      std::stable_partition(functions.begin(), functions.end(), is_held_by_host);
  std::stable_partition(end_of_held, functions.end(),
                        [](const PciFunction& function) { return !function.is_bridge(); });
  return functions;
}

std::string listed_functions(const Functions& functions) {
  return listed(names_with_drivers(host_functions_first(functions)));
}

bool are_of_one_card(const Inspection& inspection, const InspectedGroup& group,
                     const PciFunction& other) {
  return std::any_of(inspection.functions.begin(), inspection.functions.end(),
                     [&](const ConfiguredFunction& function) {
                       return function.group == group.number &&
                              plan::are_of_one_card(inspection.machine, function.function, other);
                     });
}

Remedy separate(const Inspection& inspection, const InspectedGroup& group,
                const std::vector<PciFunction>& others) {
  const Situation situation = situation_of(inspection, group, others);
  if (const auto vmd = vmd_of(situation)) return disable_vmd(inspection.topology.nodes[*vmd]);
  if (situation.strangers.empty()) return claim_whole_card(situation);
  Remedy remedy = separate_from_strangers(situation);
  return situation.own.empty() ? remedy : std::move(remedy).then(claim_whole_card(situation));
}

}  // namespace verify
