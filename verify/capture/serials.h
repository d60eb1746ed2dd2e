// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a function's configuration space holds of serial numbers: the one of the function
// (PCIe 6.0, 7.9.3), and a dword of its vital product data that was read last (PCI 3.0, appendix
// I).
#pragma once

#include <string>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// With a stand-in for the first, which texts get, too, and zeros for the second.
std::string without_serials(std::string config_space, Anonymiser& anonymiser);

}  // namespace verify::capture
