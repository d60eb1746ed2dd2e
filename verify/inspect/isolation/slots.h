// SPDX-License-Identifier: GPL-2.0-or-later
//
// The slots to which a card could be moved. A port with a slot may also be that of a soldered
// device, of an M.2 connector, or of Thunderbolt: sysfs does not show the shape of a slot.
#pragma once

#include <vector>

#include "verify/inspect/isolation/topology.h"

namespace verify::isolation {

// Ports in which a card would have a group of its own: the port has a slot, nothing is below it or
// detected in it, and all ports from it to the root isolate. First those of ordinary slots.
std::vector<size_t> isolating_slots(const Topology& topology);

// Is it a port of a Thunderbolt controller with a slot?
bool is_thunderbolt_port(const Topology& topology, size_t port);

// "Thunderbolt port", "hot-plug port"; "" for an ordinary slot. A slot of an external enclosure is
// of the Thunderbolt port above it.
const char* slot_kind(const Topology& topology, size_t port);

}  // namespace verify::isolation
