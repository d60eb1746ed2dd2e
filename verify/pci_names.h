// SPDX-License-Identifier: GPL-2.0-or-later
//
// What makers call their devices: libpci's list, pci.ids.
#pragma once

#include <string>

#include "host/pci_function.h"

namespace verify {

// "GP104 [GeForce GTX 1070]", else the maker's name; "" where the list is not there or has neither.
std::string device_name(const host::PciId& id);

// Who sells it: "Gigabyte Technology Co., Ltd"; "" likewise.
std::string seller_name(const host::PciId& id);

}  // namespace verify
