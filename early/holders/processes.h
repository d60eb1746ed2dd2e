// SPDX-License-Identifier: GPL-2.0-or-later
//
// The processes that have a card open, or its memory mapped.
#pragma once

#include "early/holders/device_nodes.h"
#include "early/holders/holder.h"

namespace early::holders {

// In the order of their numbers. Only root sees the processes of all users. A holder of the kind
// kUnknown says that not all processes could be examined.
Holders processes_with(const host::Root& root, const DeviceNodes& nodes);

// Does this process have one of them open?
bool has_open(const host::Root& root, int pid, const DeviceNodes& nodes);

}  // namespace early::holders
