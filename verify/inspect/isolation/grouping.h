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

// Why nodes are in one group.
enum class Reason {
  kVmd,       // their DMA carries the requester id of the VMD `cause`
  kAlias,     // the bridge `cause` gives all below it one requester id
  kPort,      // the port `cause` may forward requests without the IOMMU
  kSiblings,  // functions of one device without ACS between them; `cause` is one of them
};

// Two nodes that are in one group.
struct Join {
  size_t one;
  size_t other;
  Reason reason;
  size_t cause;
};

struct ComputedGroup {
  std::vector<size_t> members;
  std::vector<Join> joins;
};

struct Grouping {
  std::vector<size_t> group;          // the number of each node's group
  std::vector<ComputedGroup> groups;  // by number
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

// Does `port` isolate, and every port from it to the root?
bool isolates_to_root(const Topology& topology, size_t port);

}  // namespace verify::isolation
