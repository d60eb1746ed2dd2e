// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/isolation/topology.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <tuple>

namespace verify::isolation {
namespace {

// A slot of a root bus.
using Branch = std::tuple<uint32_t, uint8_t, uint8_t>;

std::optional<Branch> branch_of(const host::PciFunction& function) {
  if (!function.path) return std::nullopt;
  return Branch{function.path->domain, function.path->root_bus, function.path->hops.front().device};
}

// A node's parent is the last bridge on its path.
void find_parents(std::vector<Node>& nodes) {
  std::map<host::PciPath, size_t> by_path;
  for (size_t i = 0; i < nodes.size(); ++i) by_path.emplace(*nodes[i].function.path, i);
  for (size_t i = 0; i < nodes.size(); ++i) {
    host::PciPath path = *nodes[i].function.path;
    path.hops.pop_back();
    const auto parent = by_path.find(path);
    if (parent == by_path.end()) {
      nodes[i].lacks_parent = !path.hops.empty();
      continue;
    }
    nodes[i].parent = parent->second;
    nodes[parent->second].children.push_back(i);
  }
}

// Not for a virtual function: both registers read as ones (SR-IOV 1.1, 3.4.1.1 and 3.4.1.2).
bool has_ids(const ConfigSpace& config, const host::PciId& id) {
  return config.vendor == id.vendor && config.device == id.device;
}

Tristate by_capability(const ConfigSpace& config, bool quirk_at_8) {
  if (!config.acs) return Tristate::kNo;
  Acs acs = *config.acs;
  if (quirk_at_8) acs.enabled = config.acs_at_8;
  return acs.switched_off() == 0 ? Tristate::kYes : Tristate::kNo;
}

}  // namespace

std::optional<size_t> Topology::find(const host::PciAddress& address) const {
  const auto found = std::lower_bound(nodes.begin(), nodes.end(), address,
                                      [](const Node& node, const host::PciAddress& wanted) {
                                        return node.function.address < wanted;
                                      });
  if (found == nodes.end() || found->function.address != address) return std::nullopt;
  return static_cast<size_t>(found - nodes.begin());
}

const Quirk* Topology::quirk(const Node& node) const {
  return node.config ? quirk_of(node.function, *node.config, !node.parent, amd_iommu) : nullptr;
}

std::vector<size_t> Topology::path(size_t node) const {
  std::vector<size_t> ports;
  for (auto at = nodes[node].parent; at; at = nodes[*at].parent) ports.insert(ports.begin(), *at);
  return ports;
}

std::vector<size_t> Topology::siblings(size_t node) const {
  const auto in_slot = [&](size_t other) {
    return nodes[other].function.address.slot == nodes[node].function.address.slot;
  };
  size_t first = node;
  while (first > 0 && in_slot(first - 1)) --first;
  std::vector<size_t> found;
  for (size_t i = first; i < nodes.size() && in_slot(i); ++i)
    if (i != node) found.push_back(i);
  return found;
}

std::vector<size_t> Topology::below(size_t port) const {
  std::vector<size_t> found = nodes[port].children;
  for (size_t i = 0; i < found.size(); ++i) {
    const std::vector<size_t>& children = nodes[found[i]].children;
    found.insert(found.end(), children.begin(), children.end());
  }
  return found;
}

Topology read_topology(const host::Root& root, const host::Machine& machine,
                       const std::vector<host::PciAddress>& cards) {
  std::set<Branch> branches;
  for (const host::PciAddress& card : cards)
    if (const host::PciFunction* function = machine.find(card))
      if (const auto branch = branch_of(*function)) branches.insert(*branch);

  Topology topology;
  topology.amd_iommu = root.exists("/sys/firmware/acpi/tables/IVRS");
  for (const host::PciFunction& function : machine.functions) {
    const auto branch = branch_of(function);
    if (!branch || !(function.is_class("0604") || branches.contains(*branch))) continue;
    topology.nodes.push_back({.function = function,
                              .config = read_config_space(root, function.address),
                              .is_virtual = root.exists(function.address.sysfs() + "/physfn")});
    Node& node = topology.nodes.back();
    if (node.config && !node.is_virtual && !has_ids(*node.config, function.id))
      node.config = host::Error{EIO, "read the configuration space of " + node.name() +
                                         ", which has different vendor and device ids"};
  }
  find_parents(topology.nodes);
  return topology;
}

Tristate isolates(const Topology& topology, size_t index) {
  const Node& node = topology.nodes[index];
  if (!node.config) return Tristate::kUnknown;
  const Quirk* quirk = topology.quirk(node);
  if (quirk && quirk->effect == QuirkEffect::kIsolates) return Tristate::kYes;
  if (quirk && quirk->effect == QuirkEffect::kIsolatesNothing) return Tristate::kNo;
  switch (node.type()) {
    case PortType::kConventional:
    case PortType::kPcieToPci:
    case PortType::kPciToPcie:
    case PortType::kEventCollector:
      return Tristate::kNo;
    case PortType::kRootPort:
    case PortType::kDownstream:
      return by_capability(*node.config, quirk != nullptr);
    case PortType::kEndpoint:
    case PortType::kLegacyEndpoint:
    case PortType::kUpstream:
    case PortType::kIntegratedEndpoint:
      // PCIe 6.0, 6.12.1: a single function has no peers in its device.
      return node.multifunction() ? by_capability(*node.config, false) : Tristate::kYes;
  }
  return Tristate::kYes;
}

std::string isolation_text(const Topology& topology, size_t index) {
  const Node& node = topology.nodes[index];
  if (!node.config) return "unreadable";
  const std::string name = port_name(node.type());
  if (const Quirk* quirk = topology.quirk(node)) {
    const std::string effect = quirk->effect == QuirkEffect::kIsolatesNothing
                                   ? "not trusted by Linux"
                                   : "trusted by Linux without a standard ACS capability";
    if (quirk->effect == QuirkEffect::kControlAt8)
      return name + ", " + Acs{node.config->acs->offered, node.config->acs_at_8}.str() + " (" +
             quirk->what + ")";
    return name + ", " + effect + " (" + quirk->what + ")";
  }
  if (node.config->acs) return name + ", " + node.config->acs->str();
  const bool needs_none = node.type() == PortType::kUpstream && !node.multifunction();
  return name + (needs_none ? ", needs no ACS" : ", no ACS");
}

}  // namespace verify::isolation
