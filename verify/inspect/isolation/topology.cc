// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/isolation/topology.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <tuple>

#include "host/text.h"

namespace verify::isolation {
namespace {

// A slot of a root bus.
using Branch = std::tuple<uint32_t, uint8_t, uint8_t>;

std::optional<Branch> branch_of(const host::PciFunction& function) {
  if (!function.path) return std::nullopt;
  return Branch{function.path->domain, function.path->root_bus, function.path->hops.front().device};
}

host::PciPath path_above(host::PciPath path) {
  path.hops.pop_back();
  return path;
}

using NodesByPath = std::map<host::PciPath, size_t>;

NodesByPath nodes_by_path(const std::vector<Node>& nodes) {
  NodesByPath by_path;
  for (size_t i = 0; i < nodes.size(); ++i) by_path.emplace(*nodes[i].function.path, i);
  return by_path;
}

// A node's parent is the last bridge on its path.
void find_parents(std::vector<Node>& nodes, const NodesByPath& by_path) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    const host::PciPath path = path_above(*nodes[i].function.path);
    const auto parent = by_path.find(path);
    if (parent == by_path.end()) {
      nodes[i].lacks_parent = !path.hops.empty();
      continue;
    }
    nodes[i].parent = parent->second;
    nodes[parent->second].children.push_back(i);
  }
}

// Most functions of the machine are no nodes, but what they are plugged into is not empty.
void mark_occupied(std::vector<Node>& nodes, const NodesByPath& by_path,
                   const host::Machine& machine) {
  for (const host::PciFunction& function : machine.functions)
    if (function.path)
      if (const auto port = by_path.find(path_above(*function.path)); port != by_path.end())
        nodes[port->second].occupied = true;
}

// By the address of a function: the VMD that it is behind.
using Vmds = std::map<host::PciAddress, const host::PciFunction*>;

// Only a VMD has a root bus below it, and domains above 16 bits (vmd_enable_domain() in
// drivers/pci/controller/vmd.c). The link of a function in sysfs has both:
// "…/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0".
Vmds find_vmds(const host::Root& root, const host::Machine& machine) {
  Vmds vmds;
  for (const host::PciFunction& function : machine.functions) {
    if (function.address.slot.domain <= 0xffff) continue;
    const std::string link = root.link_target(function.address.sysfs());
    const auto words = host::split(link, "/");
    const auto bus = std::find_if(words.rbegin(), words.rend(),
                                  [](std::string_view word) { return word.starts_with("pci"); });
    if (bus == words.rend() || bus + 1 == words.rend()) continue;
    const auto address = host::PciAddress::parse(*(bus + 1));
    const host::PciFunction* vmd = address ? machine.find(*address) : nullptr;
    if (vmd) vmds.emplace(function.address, vmd);
  }
  return vmds;
}

// The slots of root buses that the function is below.
std::vector<Branch> branches_of(const host::PciFunction& function, const Vmds& vmds) {
  std::vector<Branch> branches;
  if (const auto branch = branch_of(function)) branches.push_back(*branch);
  if (const auto vmd = vmds.find(function.address); vmd != vmds.end())
    if (const auto branch = branch_of(*vmd->second)) branches.push_back(*branch);
  return branches;
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
  const Vmds vmds = find_vmds(root, machine);
  std::set<Branch> wanted;
  for (const host::PciAddress& card : cards)
    if (const host::PciFunction* function = machine.find(card))
      for (const Branch& branch : branches_of(*function, vmds)) wanted.insert(branch);
  const auto is_wanted = [&](const Branch& branch) { return wanted.contains(branch); };
  const auto is_vmd = [&](const host::PciFunction& function) {
    return std::any_of(vmds.begin(), vmds.end(),
                       [&](const auto& behind) { return behind.second == &function; });
  };

  Topology topology;
  topology.amd_iommu = root.exists("/sys/firmware/acpi/tables/IVRS");
  for (const host::PciFunction& function : machine.functions) {
    const auto branches = branches_of(function, vmds);
    if (branches.empty() || !(function.is_class("0604") || is_vmd(function) ||
                              std::any_of(branches.begin(), branches.end(), is_wanted)))
      continue;
    topology.nodes.push_back({.function = function,
                              .config = read_config_space(root, function.address),
                              .is_virtual = function.is_virtual()});
    Node& node = topology.nodes.back();
    if (node.config && !node.is_virtual && !has_ids(*node.config, function.id))
      node.config = host::Error{EIO, "read the configuration space of " + node.name() +
                                         ", which has different vendor and device ids"};
  }
  const NodesByPath by_path = nodes_by_path(topology.nodes);
  find_parents(topology.nodes, by_path);
  mark_occupied(topology.nodes, by_path, machine);
  for (Node& node : topology.nodes)
    if (const auto vmd = vmds.find(node.function.address); vmd != vmds.end())
      node.vmd = topology.find(vmd->second->address);
  return topology;
}

Tristate isolates(const Topology& topology, size_t index) {
  const Node& node = topology.nodes[index];
  if (!node.config) return Tristate::kUnknown;
  const Quirk* quirk = topology.quirk(node);
  if (quirk && quirk->effect == QuirkEffect::kIsolates) return Tristate::kYes;
  if (quirk && quirk->effect == QuirkEffect::kIsolatesNothing) return Tristate::kNo;
  if (quirk && quirk->effect == QuirkEffect::kIsolatesIfSetUp)
    return node.is_set_up ? Tristate::kYes : Tristate::kNo;
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

bool needs_newer_kernel(const Topology& topology, size_t index) {
  const Node& node = topology.nodes[index];
  const Quirk* quirk = topology.quirk(node);
  return topology.kernel_omits_set_up && !node.is_set_up && quirk &&
         quirk->effect == QuirkEffect::kIsolatesIfSetUp;
}

std::string isolation_text(const Topology& topology, size_t index) {
  const Node& node = topology.nodes[index];
  if (!node.config) return "unreadable";
  const std::string name = port_name(node.type());
  if (const Quirk* quirk = topology.quirk(node)) {
    if (quirk->effect == QuirkEffect::kIsolatesIfSetUp && !node.is_set_up)
      return name +
             ", no ACS, and the kernel log does not say that Linux isolates it without ACS (" +
             quirk->what + ")";
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
