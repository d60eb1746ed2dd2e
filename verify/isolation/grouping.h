// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which functions belong together: as the kernel reckons (pci_device_group in
// drivers/iommu/iommu.c, up to 6.12), and beyond that who can reach whom past the IOMMU without the
// kernel minding. From the capabilities alone, so that the kernel's word can be compared.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "verify/isolation/topology.h"

namespace verify::isolation {

// Why one function is put into another's group.
struct Join {
  size_t one;
  size_t other;
  std::string why;
};

struct ReckonedGroup {
  std::vector<size_t> members;
  std::vector<Join> joins;
};

struct Grouping {
  std::vector<size_t> group;          // of each node: equal where they belong together
  std::vector<ReckonedGroup> groups;  // by these numbers

  const ReckonedGroup& of(size_t node) const { return groups[group[node]]; }
};

Grouping group_as_kernel(const Topology& topology);

// A function that can exchange requests with others without passing the IOMMU.
struct Peer {
  size_t node;
  std::string why;
  bool certain;  // false: the specification is read both ways
};

// Those of all these nodes that the kernel's rules do not put into the node's group, each once.
std::vector<Peer> peers_outside(const Topology& topology, const Grouping& grouping,
                                std::span<const size_t> nodes);

// Ports into which a card could be plugged that would then have a group of its own: they have a
// slot, nothing is below them, and all on the way isolates.
std::vector<size_t> isolating_slots(const Topology& topology);

}  // namespace verify::isolation
