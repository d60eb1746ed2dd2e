// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the kernel resets a function between two guests, and whom a reset of its bus would hit.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"
#include "host/root.h"
#include "verify/registers.h"

namespace verify::hardware {

struct ResetMethods {
  // The kernel's names (pci_reset_fn_methods in drivers/pci/pci.c) in the order in which it tries
  // them. Empty: the function can't be reset alone.
  std::vector<std::string> names;
  bool derived = false;  // from the capabilities: a kernel before 5.15 does not name them
};

// `registers`: nullptr where they can't be read.
ResetMethods read_reset_methods(const host::Root& root, const host::PciAddress& address,
                                const Registers* registers);

// By which of `methods` the function is reset and nothing else. The kernel's word on "bus" is not
// believed where others share it: it asked function 0 before the others were there
// (pci_init_reset_methods and pci_parent_bus_reset in drivers/pci/pci.c), and refuses later.
std::vector<std::string> ways_alone(const ResetMethods& methods, const host::Machine& machine,
                                    const host::PciFunction& function);

// Whether and how a driver of ours can make it good again: ways_alone(), else "bus" where all that
// is on its bus is on vfio drivers, "" where neither.
std::string way_to_reset(const ResetMethods& methods, const host::Machine& machine,
                         const host::PciFunction& function);

// Is there a bridge above, through which its bus can be reset? The machine's functions have paths.
bool has_bus_reset(const host::Machine& machine, const host::PciFunction& function);

// All that is below that bridge, the function itself left out.
std::vector<const host::PciFunction*> hit_with_bus(const host::Machine& machine,
                                                   const host::PciFunction& function);

}  // namespace verify::hardware
