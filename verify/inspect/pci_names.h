// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of devices and vendors, from libpci's pci.ids.
#pragma once

#include <string>

#include "host/pci_function.h"

namespace verify {

// "GP104 [GeForce GTX 1070]", else the vendor's name; "": unknown, or pci.ids is not installed.
std::string device_name(const host::PciId& id);

// The subsystem vendor: "Gigabyte Technology Co., Ltd"; "" likewise.
std::string subsystem_vendor_name(const host::PciId& id);

}  // namespace verify
