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

// Is there a bridge above, through which its bus can be reset? The machine's functions have paths.
bool has_bus_reset(const host::Machine& machine, const host::PciFunction& function);

// All that is below that bridge, the function itself left out.
std::vector<const host::PciFunction*> hit_with_bus(const host::Machine& machine,
                                                   const host::PciFunction& function);

}  // namespace verify::hardware
