// SPDX-License-Identifier: GPL-2.0-or-later
//
// How long an interrupt takes to user space. A probe of vfio-verify makes the device raise one
// interrupt for each of its answers; VFIO adds it to an eventfd.
//
// What must hold: each question causes exactly one interrupt. One that is missing or additional is
// an error, and no figure is returned.
#pragma once

#include <functional>
#include <vector>

#include "host/fd.h"
#include "host/result.h"
#include "verify/trial/probes/probe.h"

namespace bench {

// In microseconds, one for each interrupt.
using Latencies = std::vector<double>;

// From the probe's doorbell until another thread, which was blocked in read(2), has the interrupt.
// `event` is a blocking eventfd. `done` is called after each interrupt: INTx must be unmasked.
host::Result<Latencies> latencies_of_waiting(verify::Probe& probe, const verify::ProbePages& pages,
                                             const host::Fd& event, int count,
                                             const std::function<void()>& done);

// From the probe's doorbell until this thread, which polls, has the interrupt. `event` does not
// block.
host::Result<Latencies> latencies_of_polling(verify::Probe& probe, const verify::ProbePages& pages,
                                             const host::Fd& event, int count,
                                             const std::function<void()>& done);

// As latencies_of_waiting(), without a device: `trigger` adds 1 to the blocking eventfd.
host::Result<Latencies> latencies_of_eventfd(const host::Fd& event, int count,
                                             const std::function<host::Result<void>()>& trigger);

}  // namespace bench
