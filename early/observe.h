// SPDX-License-Identifier: GPL-2.0-or-later
//
// After the bind: what else on this machine keeps the claimed cards from a guest, or takes more
// cards than were meant. Off the boot's back, and after the bind because a virtio-iommu gives a
// function its group only then.
#pragma once

#include "host/machine.h"
#include "host/root.h"
#include "plan/record.h"

namespace early {

// For the functions of these addresses; neither said nor recorded.
std::vector<plan::Warning> look_around(const host::Root& root, const host::Machine& machine,
                                       const std::vector<host::PciAddress>& claimed);

// Says what is found and puts it into the record.
void observe(const host::Root& root, plan::Record& record);

}  // namespace early
