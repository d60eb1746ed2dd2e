// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/isolation/slots.h"

#include <algorithm>
#include <iterator>

#include "verify/inspect/isolation/grouping.h"

namespace verify::isolation {
namespace {

constexpr uint16_t kIntel = 0x8086;

// Root ports and controllers of Intel whose capabilities may not say so, in ascending order. Root
// ports: quirks for them in drivers/pci/quirks.c (dpc_log_size) and pci.ids; controllers: pci.ids.
constexpr uint16_t kThunderboltPorts[] = {
    0x0b26, 0x1136, 0x1513, 0x151a, 0x151b, 0x1547, 0x1548, 0x1549, 0x1567, 0x1569, 0x156b,
    0x156d, 0x1576, 0x1578, 0x157e, 0x15c0, 0x15d3, 0x15da, 0x15e7, 0x15ea, 0x15ef, 0x461f,
    0x462f, 0x463f, 0x466e, 0x7ec4, 0x7ec5, 0x7ec6, 0x7ec7, 0x8a1d, 0x8a1f, 0x8a21, 0x8a23,
    0x9a23, 0x9a25, 0x9a27, 0x9a29, 0x9a2b, 0x9a2d, 0x9a2f, 0x9a31, 0xa71f, 0xa73f, 0xa76e};

bool has_slot(const Node& port) {
  return (port.type() == PortType::kRootPort || port.type() == PortType::kDownstream) &&
         port.config->has_slot;
}

bool is_empty_slot(const Node& port) {
  return has_slot(port) && !port.config->detects_card && !port.occupied;
}

}  // namespace

std::vector<size_t> isolating_slots(const Topology& topology) {
  std::vector<size_t> slots;
  for (size_t port = 0; port < topology.nodes.size(); ++port) {
    const Node& node = topology.nodes[port];
    if (is_empty_slot(node) && !node.vmd && isolates_to_root(topology, port)) slots.push_back(port);
  }
  std::stable_partition(slots.begin(), slots.end(),
                        [&](size_t port) { return *slot_kind(topology, port) == '\0'; });
  return slots;
}

bool is_thunderbolt_port(const Topology& topology, size_t port) {
  const Node& node = topology.nodes[port];
  const host::PciId& id = node.function.id;
  const bool known =
      id.vendor == kIntel &&
      std::binary_search(std::begin(kThunderboltPorts), std::end(kThunderboltPorts), id.device);
  return has_slot(node) && (known || node.config->thunderbolt);
}

const char* slot_kind(const Topology& topology, size_t port) {
  for (std::optional<size_t> at = port; at; at = topology.nodes[*at].parent)
    if (is_thunderbolt_port(topology, *at)) return "Thunderbolt port";
  const auto& config = topology.nodes[port].config;
  return config && config->hot_plug ? "hot-plug port" : "";
}

}  // namespace verify::isolation
