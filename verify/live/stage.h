// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stage that a device is made to work on: pages of ours in an address space of its own, and the
// acts in which they are its, or are taken away. Which interface of the kernel the address space
// comes from, and what device is behind the probe, it does not know.
#pragma once

#include <functional>

#include "host/result.h"
#include "host/root.h"
#include "verify/live/trial.h"
#include "verify/probes/probe.h"
#include "vfio/address_space.h"

namespace verify {

// Has the device raise interrupts of each kind, and counts them; the pages are mapped.
using CountInterrupts = std::function<std::vector<LiveInterrupts>(const ProbePages& pages)>;

// What is done with the device other than through its probe.
struct Backstage {
  CountInterrupts count_interrupts;
  std::function<void()> reset = [] {};  // the function alone, if it can be
};

// All acts, in order; what was seen is in `trial`. Ends early where the device does not answer, and
// always with the device stopped and nothing mapped.
host::Result<void> play_on_stage(const host::Root& root, vfio::AddressSpace& space, Probe& probe,
                                 const Backstage& backstage, LiveTrial& trial);

}  // namespace verify
