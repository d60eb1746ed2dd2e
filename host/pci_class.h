// SPDX-License-Identifier: GPL-2.0-or-later
//
// Common names of PCI classes (PCI Code and ID Assignment 1.11, 1.1 to 1.20).
#pragma once

#include "host/pci_function.h"

namespace host {

// "VGA", "audio", "NVMe", …; "" if the class has no such name. At most seven letters.
const char* class_name(const PciFunction& function);

}  // namespace host
