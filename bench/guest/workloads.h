// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a guest does with its card, as Google Benchmark measures it. The names are those of the
// metrics that vfio-bench compares (bench/metrics.h).
#pragma once

#include "bench/guest/card.h"
#include "host/root.h"

namespace bench {

// Straight at the card's memory, past its driver: BarWrite, BarRead (bytes per second; each
// uncached and write-combined) and RegisterRead (time). Only those that the card is known to bear.
void add_memory_workloads(const host::Root& root, const Card& card);

// Through its driver and DRM (libdrm): DumbBufferFill (bytes per second), PageFlip, DirtyFrame and
// DirtyTile (per second), and CommandRoundTrip (time) where the driver waits for a command. Nothing
// where the card has no display that is connected.
void add_display_workloads(const host::Root& root, const Card& card);

}  // namespace bench
