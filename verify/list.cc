// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/list.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/kernel_log.h"
#include "host/module_aliases.h"
#include "host/pci_class.h"
#include "host/printable.h"
#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/plan.h"
#include "plan/selection.h"
#include "plan/suggestion.h"
#include "verify/inspect/isolation/grouping.h"
#include "verify/inspect/isolation/workarounds.h"
#include "verify/inspect/pci_names.h"
#include "verify/output/colour.h"
#include "verify/output/wrapped.h"

namespace verify {
namespace {

// Documentation/ABI/testing/sysfs-bus-pci (sriov_…, physfn) and sysfs-bus-vfio-mdev.
VirtualDevices read_virtual_devices(const host::Root& root, const host::PciAddress& address) {
  const std::string device = address.sysfs();
  const auto number = [&](const char* name) {
    return static_cast<int>(
        host::parse_number(root.read_line(device + name), 10, 0xffff).value_or(0));
  };
  return {.physical = root.link_name(device + "/physfn"),
          .virtual_functions = number("/sriov_numvfs"),
          .possible = number("/sriov_totalvfs"),
          .mdev_types =
              root.list(device + "/mdev_supported_types").value_or(std::vector<std::string>{})};
}

// The groups that have functions of more than one slot. Bridges do not count: they stay with the
// host.
std::set<int> shared_groups(const host::Machine& machine) {
  std::map<int, std::set<host::PciSlot>> slots;
  for (const host::PciFunction& function : machine.functions)
    if (function.group && !function.is_bridge())
      slots[*function.group].insert(function.address.slot);
  std::set<int> shared;
  for (const auto& [group, members] : slots)
    if (members.size() > 1) shared.insert(group);
  return shared;
}

std::map<host::PciAddress, std::string> configured_cards(const config::Configuration& configuration,
                                                         const host::Machine& machine) {
  std::map<host::PciAddress, std::string> cards;
  for (const config::Card& card : configuration.cards)
    for (const host::PciFunction* function : plan::select(card, machine).functions)
      cards[function->address] = card.name;
  return cards;
}

std::vector<host::PciAddress> addresses(const host::Machine& machine) {
  std::vector<host::PciAddress> all;
  for (const host::PciFunction& function : machine.functions) all.push_back(function.address);
  return all;
}

// By group number: the functions of other groups that can exchange requests with the group. A
// switch without ACS may route requests between its ports, so that they bypass the IOMMU.
std::map<int, std::vector<host::PciAddress>> peers_of_groups(const isolation::Topology& topology) {
  std::map<int, std::vector<size_t>> groups;
  for (size_t i = 0; i < topology.nodes.size(); ++i)
    if (const auto group = topology.nodes[i].function.group) groups[*group].push_back(i);
  const isolation::Grouping grouping = isolation::compute_groups(topology);
  std::map<int, std::vector<host::PciAddress>> peers;
  for (const auto& [group, members] : groups)
    for (const isolation::Peer& peer : isolation::peers_outside(topology, grouping, members)) {
      const host::PciFunction& function = topology.nodes[peer.node].function;
      if (peer.certain && function.group != group) peers[group].push_back(function.address);
    }
  return peers;
}

// Why the registers of a port cannot be read, for the first such port; "": all can be read.
std::string unreadable_port(const isolation::Topology& topology) {
  for (const isolation::Node& node : topology.nodes)
    if (node.function.is_bridge() && !node.config) return host::describe(node.config.error());
  return "";
}

bool before(const ListedFunction& a, const ListedFunction& b) {
  return a.function.path != b.function.path ? a.function.path < b.function.path
                                            : a.function.address < b.function.address;
}

std::string group_mark(const ListedFunction& listed) {
  if (!listed.function.group) return "-";
  const char* mark = listed.shared ? "!" : listed.peers.empty() ? "" : "~";
  return std::to_string(*listed.function.group) + mark;
}

// A second line for functions of cards: modules and subsystem, as in `lspci -nnk`.
std::string second_line(const ListedFunction& listed) {
  const host::PciId& id = listed.function.id;
  std::vector<std::string> parts;
  if (!listed.modules.empty()) parts.push_back("modules " + host::join(listed.modules, " "));
  if (id.subvendor != 0)
    parts.push_back(fmt::format("subsystem {:04x}:{:04x}{}{}", id.subvendor, id.subdevice,
                                listed.subsystem_vendor.empty() ? "" : " ",
                                listed.subsystem_vendor));
  if (parts.empty()) return "";
  const std::string indent(8 + 2 * static_cast<size_t>(listed.depth), ' ');
  return cut(host::printable(indent + host::join(parts, ", "))) + "\n";
}

std::string line(const ListedFunction& listed, size_t address_width, bool colour) {
  const host::PciFunction& function = listed.function;
  const std::string indented_address =
      std::string(2 * static_cast<size_t>(listed.depth), ' ') + function.address.str();
  std::string text =
      fmt::format("{:>5} {:<{}} {:<7} {:<13}", group_mark(listed), indented_address, address_width,
                  host::class_name(function), function.driver.empty() ? "-" : function.driver);
  const std::string also = listed.virtual_devices.str();
  text += fmt::format(" {}{}{}", listed.card.empty() ? "" : "[" + listed.card + "] ",
                      also.empty() ? "" : also + ", ", function.id.str());
  if (!listed.name.empty()) text += " " + listed.name;
  text = cut(host::printable(text));
  if (!colour) return text;
  if (!listed.card.empty()) return styled(Style::kBold, text);
  return listed.shared || !listed.peers.empty() ? styled(Style::kYellow, text) : text;
}

}  // namespace

std::string VirtualDevices::str() const {
  if (!physical.empty()) return "VF of " + physical;
  std::vector<std::string> words;
  if (possible > 0) words.push_back(fmt::format("{} of {} VFs", virtual_functions, possible));
  if (!mdev_types.empty()) words.push_back("mdev");
  return host::join(words, ", ");
}

host::Result<Listing> list_machine(const host::Root& root,
                                   const config::Configuration& configuration) {
  host::Details details = plan::details_for(configuration);
  details.paths = details.groups = true;
  const auto machine = host::read_machine(root, details);
  if (!machine) return machine.error();
  const auto shared = shared_groups(*machine);
  const auto cards = configured_cards(configuration, *machine);
  const auto slots = plan::graphics_slots(*machine);
  const std::set<host::PciSlot> graphics(slots.begin(), slots.end());
  auto topology = isolation::read_topology(root, *machine, addresses(*machine));
  isolation::follow_kernel(topology,
                           host::read_kernel_log(root).value_or(std::vector<host::LogLine>()),
                           machine->kernel_release);
  const auto peers = peers_of_groups(topology);
  const auto aliases = host::ModuleAliases::read(root, machine->kernel_release);

  Listing listing{.has_iommu = machine->has_iommu,
                  .functions = {},
                  .unreadable = machine->has_iommu ? unreadable_port(topology) : ""};
  for (const host::PciFunction& function : machine->functions) {
    const auto card = cards.find(function.address);
    const bool in_reach =
        !function.is_bridge() && function.group && peers.contains(*function.group);
    listing.functions.push_back(
        {.function = function,
         .depth = function.path ? static_cast<int>(function.path->hops.size()) - 1 : 0,
         .shared = function.group && shared.contains(*function.group) && !function.is_bridge(),
         .name = device_name(function.id),
         .card = card == cards.end() ? "" : card->second,
         .is_card_function = card != cards.end() || graphics.contains(function.address.slot),
         .subsystem_vendor = subsystem_vendor_name(function.id),
         .modules =
             aliases ? aliases->modules_for(root.read_line(function.address.sysfs() + "/modalias"))
                     : std::vector<std::string>{},
         .peers = in_reach ? peers.at(*function.group) : std::vector<host::PciAddress>{},
         .virtual_devices = read_virtual_devices(root, function.address)});
  }
  std::sort(listing.functions.begin(), listing.functions.end(), before);
  return listing;
}

Listing only_group(Listing listing, int group) {
  std::erase_if(listing.functions,
                [&](const ListedFunction& listed) { return listed.function.group != group; });
  int least = std::numeric_limits<int>::max();
  for (const ListedFunction& listed : listing.functions) least = std::min(least, listed.depth);
  for (ListedFunction& listed : listing.functions) listed.depth -= least;
  return listing;
}

std::string listing_text(const Listing& listing, bool colour) {
  size_t width = 0;
  bool any_shared = false, any_in_reach = false;
  for (const ListedFunction& listed : listing.functions) {
    width = std::max(width,
                     2 * static_cast<size_t>(listed.depth) + listed.function.address.str().size());
    any_shared = any_shared || listed.shared;
    any_in_reach = any_in_reach || (!listed.shared && !listed.peers.empty());
  }
  std::string out =
      fmt::format("group {:<{}} {:<7} {:<13} id, name\n", "function", width, "kind", "driver");
  for (const ListedFunction& listed : listing.functions) {
    out += line(listed, width, colour) + "\n";
    if (listed.is_card_function) out += second_line(listed);
  }
  if (!listing.has_iommu)
    out += "No IOMMU is active, so there are no groups: run `vfio-verify` for the reason.\n";
  if (any_shared)
    out += "!: this group has functions of several slots; they must be assigned together.\n";
  if (any_in_reach)
    out += "~: this group and others can access each other's memory without the IOMMU.\n";
  if (!listing.unreadable.empty())
    out += wrapped("It is unknown which groups can access each other without the IOMMU: " +
                       listing.unreadable,
                   0, 0) +
           "\n";
  return out;
}

std::string listing_json(const Listing& listing) {
  using nlohmann::ordered_json;
  const auto strings = [](const std::vector<host::PciAddress>& all) {
    ordered_json names = ordered_json::array();
    for (const host::PciAddress& address : all) names.push_back(address.str());
    return names;
  };
  ordered_json functions = ordered_json::array();
  for (const ListedFunction& listed : listing.functions) {
    const host::PciFunction& function = listed.function;
    functions.push_back(
        {{"address", function.address.str()},
         {"path", function.path ? function.path->str() : ""},
         {"id", function.id.str()},
         {"subsystem", fmt::format("{:04x}:{:04x}", function.id.subvendor, function.id.subdevice)},
         {"class", function.class_str()},
         {"driver", function.driver},
         {"modules", listed.modules},
         {"group", function.group ? ordered_json(*function.group) : ordered_json(nullptr)},
         {"shared", listed.shared},
         {"peers_bypassing_iommu", strings(listed.peers)},
         {"card", host::printable(listed.card)},
         {"name", listed.name},
         {"physical_function", listed.virtual_devices.physical},
         {"virtual_functions", listed.virtual_devices.virtual_functions},
         {"virtual_functions_possible", listed.virtual_devices.possible},
         {"mdev_types", listed.virtual_devices.mdev_types}});
  }
  return ordered_json{{"iommu", listing.has_iommu},
                      {"unreadable", host::printable(listing.unreadable)},
                      {"functions", functions}}
             .dump(2, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace verify
