// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card as options of Proxmox VE's tools.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"

namespace verify {

// The options of `qm set` (qm(1)): " -hostpci0 0000:01:00,pcie=1". A slot stands for all its
// functions.
std::string proxmox_options(const host::Machine& machine,
                            const std::vector<host::PciAddress>& functions);

}  // namespace verify
