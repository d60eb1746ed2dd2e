// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify list`: every PCI function as a tree of the machine, with its IOMMU group, its driver
// and its name, so that one look tells what can be given away alone. Of cards also what else
// `lspci -nnk` shows.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"
#include "host/result.h"
#include "host/root.h"
#include "plan/configuration.h"

namespace verify {

// What a function is beside a piece of hardware that goes to one guest.
struct Virtuality {
  std::string physical;  // of an SR-IOV virtual function, its physical one: "0000:03:00.0"
  int virtual_functions = 0, possible = 0;  // of a physical function that offers any
  std::vector<std::string> mdev_types;      // mediated devices that its driver offers

  std::string str() const;  // "VF of 0000:03:00.0"; "" nothing of the kind
};

struct Listed {
  host::PciFunction function;
  int depth = 0;         // bridges above it
  bool shared = false;   // its group holds another slot's function too, ports and bridges aside
  std::string name;      // of libpci's pci.ids; "" where that is not installed
  std::string card;      // the section that names it; ""
  bool of_card = false;  // it is in a graphics card's slot, or a section names it
  std::string seller;    // whose subsystem id it carries; ""
  std::vector<std::string> modules;  // that would take it; what is built in has none
  // Functions of other slots and groups that can reach it past the IOMMU, and it them.
  std::vector<host::PciAddress> neighbours = {};
  Virtuality virtuality = {};
};

struct Listing {
  bool has_iommu = false;
  std::vector<Listed> functions;  // bridges before what is below them
  std::string unreadable;         // why nothing can be said of neighbours, or not all; ""
};

host::Result<Listing> list_machine(const host::Root& root,
                                   const plan::Configuration& configuration);

// In 80 columns; names are cut, nothing else is.
std::string listing_text(const Listing& listing, bool colour);

std::string listing_json(const Listing& listing);

}  // namespace verify
