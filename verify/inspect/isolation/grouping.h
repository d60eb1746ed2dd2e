// SPDX-License-Identifier: GPL-2.0-or-later
//
// Computes IOMMU groups as the kernel does (pci_device_group in drivers/iommu/iommu.c, up to 6.12),
// but from the capabilities alone, to compare them with the kernel's groups. Also finds functions
// that can reach each other without passing the IOMMU although the kernel allows them to be in
// different groups.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "verify/inspect/isolation/topology.h"

namespace verify::isolation {

// The reason why two nodes are in one group.
struct Join {
  size_t one;
  size_t other;
  std::string why;
};

struct ComputedGroup {
  std::vector<size_t> members;
  std::vector<Join> joins;
};

struct Grouping {
  std::vector<size_t> group;          // the number of each node's group
  std::vector<ComputedGroup> groups;  // by number

  const ComputedGroup& of(size_t node) const { return groups[group[node]]; }
};

Grouping compute_groups(const Topology& topology);

// A function that can exchange requests with others without passing the IOMMU.
struct Peer {
  size_t node;
  std::string why;
  bool certain;  // false: the specification leaves it open
};

// The peers of `nodes` that the kernel's rules do not put into the node's group, each once.
std::vector<Peer> peers_outside(const Topology& topology, const Grouping& grouping,
                                std::span<const size_t> nodes);

// Ports in which a card would have a group of its own: the port has a slot, no function is below
// it, and all ports from it to the root isolate.
std::vector<size_t> isolating_slots(const Topology& topology);

}  // namespace verify::isolation
