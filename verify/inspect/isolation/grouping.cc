// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/isolation/grouping.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace verify::isolation {
namespace {

// Requests from all functions below such a bridge have one requester id (pci_for_each_dma_alias in
// drivers/pci/search.c).
bool is_alias(const Node& bridge) {
  const PortType type = bridge.type();
  return bridge.config && (type == PortType::kConventional || type == PortType::kPcieToPci ||
                           type == PortType::kPciToPcie);
}

// The first port from `port` to the root that does not isolate, if any (pci_acs_path_enabled in
// drivers/pci/pci.c).
std::optional<size_t> leak_on_path(const Topology& topology, size_t port) {
  for (std::optional<size_t> at = port; at; at = topology.nodes[*at].parent)
    if (isolates(topology, *at) == Tristate::kNo) return at;
  return std::nullopt;
}

std::string says(const Topology& topology, size_t node) {
  return topology.nodes[node].name() + " (" + isolation_text(topology, node) + ")";
}

// Until all groups are joined, each is a tree of nodes (union-find): a join is cheap, however large
// the groups are.
class GroupComputation {
 public:
  explicit GroupComputation(const Topology& topology)
      : topology_(topology), parents_(topology.nodes.size()) {
    std::iota(parents_.begin(), parents_.end(), size_t{0});
  }

  Grouping all() {
    for (size_t node = 0; node < topology_.nodes.size(); ++node)
      if (!join_vmd(node) && !join_alias(node) && !join_port(node)) join_siblings(node);
    return numbered();
  }

 private:
  size_t top_node(size_t node) {
    for (; parents_[node] != node; node = parents_[node]) parents_[node] = parents_[parents_[node]];
    return node;
  }

  void join(size_t one, size_t other, Reason reason, size_t cause) {
    joins_.push_back({one, other, reason, cause});
    parents_[top_node(one)] = top_node(other);
  }

  Grouping numbered() {
    Grouping grouping;
    std::vector<size_t> numbers(parents_.size(),
                                parents_.size());  // by top; parents_.size(): none yet
    for (size_t node = 0; node < parents_.size(); ++node) {
      size_t& number = numbers[top_node(node)];
      if (number == parents_.size()) {
        number = grouping.groups.size();
        grouping.groups.emplace_back();
      }
      grouping.group.push_back(number);
      grouping.groups[number].members.push_back(node);
    }
    for (Join& join : joins_)
      grouping.groups[grouping.group[join.one]].joins.push_back(std::move(join));
    return grouping;
  }

  // pci_real_dma_dev() in arch/x86/pci/common.c. It is the first alias, so the group of the VMD
  // decides, whatever ports are above the node.
  bool join_vmd(size_t node) {
    const auto vmd = topology_.nodes[node].vmd;
    if (vmd) join(node, *vmd, Reason::kVmd, *vmd);
    return vmd.has_value();
  }

  bool join_alias(size_t node) {
    for (auto at = topology_.nodes[node].parent; at; at = topology_.nodes[*at].parent) {
      if (!is_alias(topology_.nodes[*at])) continue;
      join(node, *at, Reason::kAlias, *at);
      return true;
    }
    return false;
  }

  bool join_port(size_t node) {
    const auto parent = topology_.nodes[node].parent;
    const auto leak = parent ? leak_on_path(topology_, *parent) : std::nullopt;
    if (!leak) return false;
    join(node, *parent, Reason::kPort, *leak);
    return true;
  }

  void join_siblings(size_t node) {
    if (!topology_.nodes[node].multifunction() || isolates(topology_, node) != Tristate::kNo)
      return;
    for (const size_t sibling : topology_.siblings(node))
      if (isolates(topology_, sibling) == Tristate::kNo)
        join(node, sibling, Reason::kSiblings, node);
  }

  const Topology& topology_;
  std::vector<size_t> parents_;
  std::vector<Join> joins_;
};

// A downstream port of a switch may forward requests to the switch's other downstream ports,
// without passing the IOMMU, if it does not redirect them.
std::vector<Peer> switch_peers(const Topology& topology, size_t port) {
  std::vector<Peer> peers;
  const Node& ours = topology.nodes[port];
  if (ours.type() != PortType::kDownstream || !ours.parent) return peers;
  for (const size_t other : topology.nodes[*ours.parent].children) {
    if (other == port || topology.nodes[other].type() != PortType::kDownstream) continue;
    const bool out = isolates(topology, port) == Tristate::kNo;
    if (!out && isolates(topology, other) != Tristate::kNo) continue;
    const std::string why = says(topology, out ? port : other) + " does not redirect requests";
    for (const size_t below : topology.below(other))
      if (!topology.nodes[below].function.is_bridge()) peers.push_back({below, why, true});
  }
  return peers;
}

// The kernel gives a function with isolating ACS a group of its own, although its siblings may send
// requests to it.
std::vector<Peer> sibling_peers(const Topology& topology, size_t node) {
  std::vector<Peer> peers;
  if (!topology.nodes[node].multifunction()) return peers;
  for (const size_t sibling : topology.siblings(node)) {
    if (isolates(topology, sibling) != Tristate::kNo) continue;
    // The specification leaves open whether functions without the capability send requests to each
    // other.
    const bool switched_off = topology.nodes[sibling].config->acs.has_value();
    peers.push_back(
        {sibling, says(topology, sibling) + " is a function of the same device", switched_off});
  }
  return peers;
}

}  // namespace

Grouping compute_groups(const Topology& topology) {
  return GroupComputation(topology).all();
}

// All functions below a port have the same peers through it, so each port is evaluated once for
// each group.
std::vector<Peer> peers_outside(const Topology& topology, const Grouping& grouping,
                                std::span<const size_t> nodes) {
  std::vector<Peer> found;
  std::set<size_t> known;
  std::set<std::pair<size_t, size_t>> visited;
  for (const size_t node : nodes) {
    const size_t group = grouping.group[node];
    const auto add = [&](std::vector<Peer> peers) {
      for (Peer& peer : peers)
        if (grouping.group[peer.node] != group && known.insert(peer.node).second)
          found.push_back(std::move(peer));
    };
    for (const size_t port : topology.path(node))
      if (visited.emplace(port, group).second) add(switch_peers(topology, port));
    add(sibling_peers(topology, node));
  }
  return found;
}

bool isolates_to_root(const Topology& topology, size_t port) {
  for (std::optional<size_t> at = port; at; at = topology.nodes[*at].parent)
    if (isolates(topology, *at) != Tristate::kYes) return false;
  return true;
}

}  // namespace verify::isolation
