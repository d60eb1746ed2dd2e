// SPDX-License-Identifier: GPL-2.0-or-later
//
// Mounted file systems and swap on disks that are attached through a card, at its USB controller
// for example; also on partitions, RAID arrays and encrypted volumes on such disks.
#pragma once

#include <vector>

#include "early/holders/holder.h"
#include "host/pci_function.h"
#include "host/root.h"

namespace early::holders {

Holders storage_below(const host::Root& root,
                      const std::vector<const host::PciFunction*>& functions);

}  // namespace early::holders
