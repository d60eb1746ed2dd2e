// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tree of functions that groups are computed from: all PCI-to-PCI bridges of the machine, and
// all functions below the slots of the root buses that the given cards are below. Functions that
// share a group with a card also share such a slot. What is behind a VMD (Intel Volume Management
// Device) is below the slot of the VMD, although it has a root bus of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/machine.h"
#include "host/root.h"
#include "verify/inspect/isolation/config_space.h"
#include "verify/inspect/isolation/quirks.h"

namespace verify::isolation {

enum class Tristate { kNo, kYes, kUnknown };

struct Node {
  host::PciFunction function;  // with its path and its group
  host::Result<ConfigSpace> config;
  bool is_virtual = false;  // SR-IOV: never multifunction (drivers/pci/iov.c)
  std::optional<size_t> parent = {};
  std::vector<size_t> children = {};
  // The kernel did what an entry kIsolatesIfSetUp of quirks.h needs: see workarounds.h.
  bool is_set_up = true;
  bool lacks_parent = false;  // it is below a bridge that is not among the machine's functions
  bool occupied = false;      // any function of the machine is directly below it
  // The VMD whose requester id its DMA carries: pci_real_dma_dev() in arch/x86/pci/common.c.
  std::optional<size_t> vmd = {};

  std::string name() const { return function.address.str(); }
  PortType type() const { return config ? config->type : PortType::kConventional; }
  bool multifunction() const { return config && config->multifunction && !is_virtual; }
};

struct Topology {
  std::vector<Node> nodes;  // in address order
  bool amd_iommu = false;   // the firmware has an IVRS table
  // The kernel is Linux 5.9, which sets up no port of an entry kIsolatesIfSetUp.
  bool kernel_omits_set_up = false;

  std::optional<size_t> find(const host::PciAddress& address) const;
  const Quirk* quirk(const Node& node) const;
  // The ports from the root to `node`, without `node`.
  std::vector<size_t> path(size_t node) const;
  // The other functions of its slot.
  std::vector<size_t> siblings(size_t node) const;
  // All bridges and functions below `port`.
  std::vector<size_t> below(size_t port) const;
};

// `machine` has paths and groups.
Topology read_topology(const host::Root& root, const host::Machine& machine,
                       const std::vector<host::PciAddress>& cards);

// Does the node forward requests to the IOMMU that it could send to a peer itself? Decided as in
// pci_acs_enabled in drivers/pci/pci.c.
Tristate isolates(const Topology& topology, size_t node);

// Would Linux 5.10 or later isolate the node, although this kernel does not?
bool needs_newer_kernel(const Topology& topology, size_t node);

// "root port, ACS on": describes the node by what isolates() reads.
std::string isolation_text(const Topology& topology, size_t node);

}  // namespace verify::isolation
