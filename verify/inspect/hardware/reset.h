// SPDX-License-Identifier: GPL-2.0-or-later
//
// The methods by which the kernel resets a function between two guests, and the functions that are
// also reset if its bus is reset.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"
#include "host/root.h"
#include "verify/inspect/registers.h"

namespace verify::hardware {

struct ResetMethods {
  // The kernel's names (pci_reset_fn_methods in drivers/pci/pci.c) in the order in which it tries
  // them. Empty: the function cannot be reset alone.
  std::vector<std::string> names;
  bool derived = false;  // from the capabilities: a kernel before 5.15 does not list them
};

// `registers`: nullptr if they cannot be read.
ResetMethods read_reset_methods(const host::Root& root, const host::PciAddress& address,
                                const Registers* registers);

// Those of `methods` that reset only this function. "bus" is left out if other functions share the
// bus, even if the kernel lists it: the kernel tests it for function 0 before the others exist
// (pci_init_reset_methods and pci_parent_bus_reset in drivers/pci/pci.c), and refuses it later.
std::vector<std::string> function_reset_methods(const ResetMethods& methods,
                                                const host::Machine& machine,
                                                const host::PciFunction& function);

// How the function can be recovered through VFIO: the methods of function_reset_methods(),
// otherwise "bus" if all functions on its bus are on vfio drivers, otherwise "".
std::string vfio_reset_method(const ResetMethods& methods, const host::Machine& machine,
                              const host::PciFunction& function);

// Is there a bridge above, through which its bus can be reset? The machine's functions have paths.
bool has_bus_reset(const host::Machine& machine, const host::PciFunction& function);

// All other functions below that bridge.
std::vector<const host::PciFunction*> also_reset_with_bus(const host::Machine& machine,
                                                          const host::PciFunction& function);

}  // namespace verify::hardware
