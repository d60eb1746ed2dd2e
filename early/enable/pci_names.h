// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of PCI devices, from the file pci.ids of the distribution.
#pragma once

#include <string>
#include <string_view>

#include "host/pci_function.h"
#include "host/root.h"

namespace early::enable {

// The text of pci.ids; "": it is not installed.
std::string read_pci_names(const host::Root& root);

// "NVIDIA Corporation GP104 [GeForce GTX 1080]"; the id, if the text does not have it.
std::string name_in(std::string_view pci_names, const host::PciId& id);

}  // namespace early::enable
