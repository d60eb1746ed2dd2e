// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/list.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/pci_class.h"
#include "host/text.h"
#include "plan/plan.h"
#include "plan/selection.h"
#include "verify/pci_names.h"
#include "verify/printable.h"

namespace verify {
namespace {

// Documentation/ABI/testing/sysfs-bus-pci (sriov_…, physfn) and sysfs-bus-vfio-mdev.
Virtuality read_virtuality(const host::Root& root, const host::PciAddress& address) {
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

// The groups that hold functions of more than one slot. Ports and bridges stay with the host and
// take nothing away.
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

std::map<host::PciAddress, std::string> configured_cards(const plan::Configuration& configuration,
                                                         const host::Machine& machine) {
  std::map<host::PciAddress, std::string> cards;
  for (const plan::Card& card : configuration.cards)
    for (const host::PciFunction* function : plan::select(card, machine).functions)
      cards[function->address] = card.name;
  return cards;
}

bool before(const Listed& a, const Listed& b) {
  return a.function.path != b.function.path ? a.function.path < b.function.path
                                            : a.function.address < b.function.address;
}

std::string group_mark(const Listed& listed) {
  if (!listed.function.group) return "-";
  return std::to_string(*listed.function.group) + (listed.shared ? "!" : "");
}

// At most kWidth bytes of it, and no character in part.
std::string cut(std::string text) {
  size_t end = std::min(text.size(), kWidth);
  while (end < text.size() && end > 0 && (text[end] & 0xc0) == 0x80) --end;
  text.resize(end);
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string line(const Listed& listed, size_t address_width, bool colour) {
  const host::PciFunction& function = listed.function;
  const std::string place =
      std::string(2 * static_cast<size_t>(listed.depth), ' ') + function.address.str();
  std::string text =
      fmt::format("{:>5} {:<{}} {:<7} {:<13}", group_mark(listed), place, address_width,
                  host::class_name(function), function.driver.empty() ? "-" : function.driver);
  const std::string also = listed.virtuality.str();
  text += fmt::format(" {}{}{}", listed.card.empty() ? "" : "[" + listed.card + "] ",
                      also.empty() ? "" : also + ", ", function.id.str());
  if (!listed.name.empty()) text += " " + listed.name;
  text = cut(printable(text));
  if (!colour) return text;
  if (!listed.card.empty()) return "\033[1m" + text + "\033[0m";
  return listed.shared ? "\033[33m" + text + "\033[0m" : text;
}

}  // namespace

std::string Virtuality::str() const {
  if (!physical.empty()) return "VF of " + physical;
  std::vector<std::string> words;
  if (possible > 0) words.push_back(fmt::format("{} of {} VFs", virtual_functions, possible));
  if (!mdev_types.empty()) words.push_back("mdev");
  return host::join(words, ", ");
}

host::Result<Listing> list_machine(const host::Root& root,
                                   const plan::Configuration& configuration) {
  host::Details details = plan::details_for(configuration);
  details.paths = details.groups = true;
  const auto machine = host::read_machine(root, details);
  if (!machine) return machine.error();
  const auto shared = shared_groups(*machine);
  const auto cards = configured_cards(configuration, *machine);

  Listing listing{.has_iommu = machine->has_iommu, .functions = {}};
  for (const host::PciFunction& function : machine->functions) {
    const auto card = cards.find(function.address);
    listing.functions.push_back(
        {.function = function,
         .depth = function.path ? static_cast<int>(function.path->hops.size()) - 1 : 0,
         .shared = function.group && shared.contains(*function.group) && !function.is_bridge(),
         .name = device_name(function.id),
         .card = card == cards.end() ? "" : card->second,
         .virtuality = read_virtuality(root, function.address)});
  }
  std::sort(listing.functions.begin(), listing.functions.end(), before);
  return listing;
}

std::string listing_text(const Listing& listing, bool colour) {
  size_t width = 0;
  bool any_shared = false;
  for (const Listed& listed : listing.functions) {
    width = std::max(width,
                     2 * static_cast<size_t>(listed.depth) + listed.function.address.str().size());
    any_shared = any_shared || listed.shared;
  }
  std::string out =
      fmt::format("group {:<{}} {:<7} {:<13} id, name\n", "function", width, "kind", "driver");
  for (const Listed& listed : listing.functions) out += line(listed, width, colour) + "\n";
  if (!listing.has_iommu) out += "No IOMMU is active, so there are no groups: see `vfio-verify`.\n";
  if (any_shared)
    out += "!: this group holds functions of several slots; they go to one owner together.\n";
  return out;
}

std::string listing_json(const Listing& listing) {
  using nlohmann::ordered_json;
  ordered_json functions = ordered_json::array();
  for (const Listed& listed : listing.functions) {
    const host::PciFunction& function = listed.function;
    functions.push_back(
        {{"address", function.address.str()},
         {"path", function.path ? function.path->str() : ""},
         {"id", function.id.str()},
         {"class", function.class_str()},
         {"driver", function.driver},
         {"group", function.group ? ordered_json(*function.group) : ordered_json(nullptr)},
         {"shared", listed.shared},
         {"card", printable(listed.card)},
         {"name", listed.name},
         {"physical_function", listed.virtuality.physical},
         {"virtual_functions", listed.virtuality.virtual_functions},
         {"virtual_functions_possible", listed.virtuality.possible},
         {"mdev_types", listed.virtuality.mdev_types}});
  }
  return ordered_json{{"iommu", listing.has_iommu}, {"functions", functions}}.dump(
             2, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace verify
