// SPDX-License-Identifier: GPL-2.0-or-later
//
// The trial runner: a device works with pages of this process in an address space of its own, and
// the tests map these pages or take them away. The runner does not depend on the kernel interface
// of the address space, nor on the device behind the probe.
#pragma once

#include <functional>

#include "host/result.h"
#include "host/root.h"
#include "verify/trial/live/trial.h"
#include "verify/trial/probes/probe.h"
#include "vfio/address_space.h"

namespace verify {

// Makes the device raise interrupts of each kind, and counts them. The pages are mapped.
using CountInterrupts = std::function<std::vector<LiveInterrupts>(const ProbePages& pages)>;

// Hooks for actions on the device that do not go through its probe.
struct TrialHooks {
  CountInterrupts count_interrupts;
  std::function<void()> reset = [] {};  // of this function alone, if possible
};

// Runs all tests in order, and stores the results in `trial`. Ends early if the device does not
// answer. At the end the device is always stopped, and nothing is mapped.
host::Result<void> run_trial(const host::Root& root, vfio::AddressSpace& space, Probe& probe,
                             const TrialHooks& trial_hooks, LiveTrial& trial);

}  // namespace verify
