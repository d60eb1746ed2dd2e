// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/group_reasons.h"

#include <algorithm>
#include <map>
#include <set>

#include "host/text.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

using isolation::Join;
using isolation::Reason;
using isolation::Topology;

// What joins the members: the causes of each kind, and the functions of each device.
struct Causes {
  std::set<size_t> vmds, aliases, ports;
  std::map<host::PciSlot, std::set<size_t>> siblings;

  void add(const Topology& topology, const Join& join) {
    switch (join.reason) {
      case Reason::kVmd:
        vmds.insert(join.cause);
        break;
      case Reason::kAlias:
        aliases.insert(join.cause);
        break;
      case Reason::kPort:
        ports.insert(join.cause);
        break;
      case Reason::kSiblings:
        siblings[topology.nodes[join.one].function.address.slot].insert({join.one, join.other});
        break;
    }
  }
};

std::string names(const Topology& topology, const std::set<size_t>& nodes) {
  std::vector<std::string> words;
  words.reserve(nodes.size());
  for (const size_t node : nodes) words.push_back(topology.nodes[node].name());
  return listed(words);
}

// With what isolates them, or does not, if that is the same for all.
std::string described(const Topology& topology, const std::set<size_t>& nodes) {
  const std::string first = isolation_text(topology, *nodes.begin());
  const bool same = std::all_of(nodes.begin(), nodes.end(), [&](size_t node) {
    return isolation_text(topology, node) == first;
  });
  return names(topology, nodes) +
         (same ? " (" + std::string(nodes.size() > 1 ? "each: " : "") + first + ")" : "");
}

}  // namespace

std::string group_reasons(const Topology& topology, const isolation::Grouping& grouping,
                          const std::vector<size_t>& members) {
  const auto is_member = [&](size_t node) {
    return std::binary_search(members.begin(), members.end(), node);
  };
  std::set<size_t> groups;
  for (const size_t member : members) groups.insert(grouping.group[member]);
  Causes causes;
  for (const size_t group : groups)
    for (const Join& join : grouping.groups[group].joins)
      if (is_member(join.one) && is_member(join.other)) causes.add(topology, join);

  std::vector<std::string> words;
  if (!causes.vmds.empty())
    words.push_back("all devices behind VMD " + names(topology, causes.vmds) +
                    " use its requester id for DMA");
  if (!causes.aliases.empty())
    words.push_back("all devices below " + described(topology, causes.aliases) +
                    " have the same requester id");
  for (const auto& [slot, functions] : causes.siblings)
    words.push_back(names(topology, functions) +
                    " are functions of one device without ACS between them");
  if (!causes.ports.empty())
    words.push_back(described(topology, causes.ports) +
                    " may send requests directly to other functions, without the IOMMU");
  return host::join(words, "; ");
}

}  // namespace verify
