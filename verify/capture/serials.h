// SPDX-License-Identifier: GPL-2.0-or-later
//
// Serial numbers in a function's configuration space: the Device Serial Number (PCIe 6.0, 7.9.3),
// and the dword of its vital product data that was read last (PCI 3.0, appendix I).
#pragma once

#include <string>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// Replaces the serial number by the same pseudonym as in texts, and the dword by zeros.
std::string without_serials(std::string config_space, Anonymiser& anonymiser);

}  // namespace verify::capture
