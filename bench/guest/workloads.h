// SPDX-License-Identifier: GPL-2.0-or-later
//
// The workloads of a guest on its card, measured by Google Benchmark. Their names are those of the
// metrics that vfio-bench compares (bench/metrics.h).
#pragma once

#include "bench/guest/card.h"
#include "host/root.h"

namespace bench {

// Access the card's memory directly, not through its driver: BarWrite, BarRead (bytes per second;
// each uncached and write-combined) and RegisterRead (time). Only those that the table in card.cc
// allows for the card.
void add_memory_workloads(const host::Root& root, const Card& card);

// Use the card through its driver and DRM (libdrm): DumbBufferFill (bytes per second), PageFlip,
// DirtyFrame and DirtyTile (per second), and CommandRoundTrip (time) if the driver waits for a
// command. If the card has no connected display, DumbBufferFill and PageFlip report an error.
void add_display_workloads(const host::Root& root, const Card& card);

}  // namespace bench
