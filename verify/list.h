// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify list`: a tree of all PCI functions with IOMMU group, driver and name. It shows which
// functions can be given to a guest alone. For cards it also has the modules and the subsystem, as
// in `lspci -nnk`.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/machine.h"
#include "host/result.h"
#include "host/root.h"

namespace verify {

// SR-IOV and mediated devices of a function.
struct VirtualDevices {
  std::string physical;  // the physical function of a virtual function: "0000:03:00.0"
  int virtual_functions = 0, possible = 0;  // of a physical function: enabled, and at most
  std::vector<std::string> mdev_types;      // types of mediated devices that its driver offers

  std::string str() const;  // "VF of 0000:03:00.0"; "": none of these
};

struct ListedFunction {
  host::PciFunction function;
  int depth = 0;                  // bridges above it
  bool shared = false;            // its group has functions of several slots, not counting bridges
  std::string name;               // from libpci's pci.ids; "": unknown
  std::string card;               // the section that selects it; "": none
  bool is_card_function = false;  // it is in the slot of a graphics card, or a section selects it
  std::string subsystem_vendor;   // the subsystem vendor; "": unknown
  std::vector<std::string> modules;  // whose aliases match it; not drivers that are built in
  // Functions of other groups that can exchange requests with it that bypass the IOMMU.
  std::vector<host::PciAddress> peers = {};
  VirtualDevices virtual_devices = {};
};

struct Listing {
  bool has_iommu = false;
  std::vector<ListedFunction> functions;  // bridges before the functions below them
  std::string unreadable;                 // why `peers` may be incomplete; "": they are complete
};

host::Result<Listing> list_machine(const host::Root& root,
                                   const config::Configuration& configuration);

// Only the functions of this IOMMU group. They are indented from the highest of them.
Listing only_group(Listing listing, int group);

// The lines of functions are cut at 80 bytes.
std::string listing_text(const Listing& listing, bool colour);

std::string listing_json(const Listing& listing);

}  // namespace verify
