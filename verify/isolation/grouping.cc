// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/isolation/grouping.h"

#include <algorithm>
#include <numeric>

namespace verify::isolation {
namespace {

// Everything behind one of these comes with one requester id (pci_for_each_dma_alias in
// drivers/pci/search.c).
bool is_alias(const Node& bridge) {
  const PortType type = bridge.type();
  return bridge.config && (type == PortType::kConventional || type == PortType::kPcieToPci ||
                           type == PortType::kPciToPcie);
}

// pci_acs_path_enabled in drivers/pci/pci.c: nothing where all from `port` to the root isolates.
std::optional<size_t> leak_on_path(const Topology& topology, size_t port) {
  for (std::optional<size_t> at = port; at; at = topology.nodes[*at].parent)
    if (isolates(topology, *at) == Answer::kNo) return at;
  return std::nullopt;
}

bool isolates_to_root(const Topology& topology, size_t port) {
  for (std::optional<size_t> at = port; at; at = topology.nodes[*at].parent)
    if (isolates(topology, *at) != Answer::kYes) return false;
  return true;
}

std::string says(const Topology& topology, size_t node) {
  return topology.nodes[node].name() + " (" + isolation_words(topology, node) + ")";
}

class Reckoning {
 public:
  explicit Reckoning(const Topology& topology) : topology_(topology) {
    grouping_.group.resize(topology.nodes.size());
    std::iota(grouping_.group.begin(), grouping_.group.end(), size_t{0});
  }

  Grouping all() {
    for (size_t node = 0; node < topology_.nodes.size(); ++node)
      if (!join_alias(node) && !join_port(node)) join_siblings(node);
    return std::move(grouping_);
  }

 private:
  void join(size_t one, size_t other, const std::string& why) {
    grouping_.joins.push_back({one, other, why});
    const size_t from = grouping_.group[one], to = grouping_.group[other];
    std::replace(grouping_.group.begin(), grouping_.group.end(), from, to);
  }

  bool join_alias(size_t node) {
    for (auto at = topology_.nodes[node].parent; at; at = topology_.nodes[*at].parent) {
      if (!is_alias(topology_.nodes[*at])) continue;
      join(node, *at, "all below " + says(topology_, *at) + " has one requester id");
      return true;
    }
    return false;
  }

  bool join_port(size_t node) {
    const auto parent = topology_.nodes[node].parent;
    const auto leak = parent ? leak_on_path(topology_, *parent) : std::nullopt;
    if (!leak) return false;
    join(node, *parent, says(topology_, *leak) + " may turn requests around");
    return true;
  }

  void join_siblings(size_t node) {
    if (!topology_.nodes[node].multifunction() || isolates(topology_, node) != Answer::kNo) return;
    for (const size_t sibling : topology_.siblings(node))
      if (isolates(topology_, sibling) == Answer::kNo)
        join(node, sibling,
             topology_.nodes[std::min(node, sibling)].name() + " and " +
                 topology_.nodes[std::max(node, sibling)].name() +
                 " are functions of one device without ACS between them");
  }

  const Topology& topology_;
  Grouping grouping_;
};

// Below a switch, requests are turned around at its downstream ports: each may send to any other
// what it does not redirect.
void add_switch_peers(const Topology& topology, size_t port, std::vector<Peer>& peers) {
  const Node& ours = topology.nodes[port];
  if (ours.type() != PortType::kDownstream || !ours.parent) return;
  for (size_t other = 0; other < topology.nodes.size(); ++other) {
    if (other == port || topology.nodes[other].parent != ours.parent ||
        topology.nodes[other].type() != PortType::kDownstream)
      continue;
    const bool out = isolates(topology, port) == Answer::kNo;
    if (!out && isolates(topology, other) != Answer::kNo) continue;
    for (size_t below = 0; below < topology.nodes.size(); ++below)
      if (topology.is_below(below, other) && !topology.nodes[below].function.is_bridge())
        peers.push_back({below, says(topology, out ? port : other) + " redirects nothing", true});
  }
}

// The kernel lets a function with isolating ACS alone, although its siblings may reach into it.
void add_sibling_peers(const Topology& topology, size_t node, std::vector<Peer>& peers) {
  if (!topology.nodes[node].multifunction()) return;
  for (const size_t sibling : topology.siblings(node)) {
    if (isolates(topology, sibling) != Answer::kNo) continue;
    // Whether functions without the capability talk to each other, the specification leaves open.
    const bool switched_off = topology.nodes[sibling].config->acs.has_value();
    peers.push_back(
        {sibling, says(topology, sibling) + " is a function of the same device", switched_off});
  }
}

}  // namespace

std::vector<size_t> Grouping::members(size_t node) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < group.size(); ++i)
    if (group[i] == group[node]) found.push_back(i);
  return found;
}

Grouping group_as_kernel(const Topology& topology) {
  return Reckoning(topology).all();
}

std::vector<Peer> peers_outside(const Topology& topology, const Grouping& grouping, size_t node) {
  std::vector<Peer> peers;
  for (const size_t port : topology.path(node)) add_switch_peers(topology, port, peers);
  add_sibling_peers(topology, node, peers);
  std::erase_if(
      peers, [&](const Peer& peer) { return grouping.group[peer.node] == grouping.group[node]; });
  return peers;
}

std::vector<size_t> isolating_slots(const Topology& topology) {
  std::vector<bool> taken(topology.nodes.size());
  for (const Node& node : topology.nodes)
    if (node.parent) taken[*node.parent] = true;
  std::vector<size_t> slots;
  for (size_t port = 0; port < topology.nodes.size(); ++port) {
    const Node& node = topology.nodes[port];
    const bool offers = node.type() == PortType::kRootPort || node.type() == PortType::kDownstream;
    if (taken[port] || !offers || !node.config->has_slot) continue;
    if (isolates_to_root(topology, port)) slots.push_back(port);
  }
  return slots;
}

}  // namespace verify::isolation
