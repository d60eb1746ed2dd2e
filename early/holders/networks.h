// SPDX-License-Identifier: GPL-2.0-or-later
//
// Network interfaces of a card, or of an adapter at its USB controller, that are up.
#pragma once

#include <vector>

#include "early/holders/holder.h"
#include "host/pci_function.h"
#include "host/root.h"

namespace early::holders {

Holders networks_below(const host::Root& root,
                       const std::vector<const host::PciFunction*>& functions);

}  // namespace early::holders
