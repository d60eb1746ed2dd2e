// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card as arguments of QEMU.
#pragma once

#include <string>
#include <vector>

#include "host/pci_address.h"

namespace verify {

// Each slot has a root port of its own, and its functions stay together in one slot, as on the
// host.
std::string qemu_arguments(const std::vector<host::PciAddress>& functions);

// An Intel processor's display, on the root bus of the guest at the same address as on the host.
std::string igpu_qemu_arguments(const host::PciAddress& address, bool opregion);

}  // namespace verify
