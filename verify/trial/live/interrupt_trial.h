// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device raises an interrupt for each of its answers. The interrupts are counted, and the
// interrupt chip that the kernel names for them is read.
#pragma once

#include <string>
#include <vector>

#include "host/root.h"
#include "verify/trial/live/trial.h"
#include "verify/trial/probes/probe.h"
#include "vfio/device.h"

namespace verify {

// Tests MSI-X, MSI and INTx, as far as the device has them. The probe is stopped afterwards.
std::vector<LiveInterrupts> try_interrupts(const host::Root& root, const vfio::Device& device,
                                           Probe& probe, const std::string& address,
                                           const ProbePages& pages);

}  // namespace verify
