// SPDX-License-Identifier: GPL-2.0-or-later
//
// Waiting for a probe of a function that is in flight.
//
// The driver link appears before a probe and goes away again if the probe fails (really_probe in
// drivers/base/dd.c), so it proves nothing while a probe is in flight. A probe holds the device's
// lock. Access to driver_override takes that lock in 6.1. In 6.12.117 and 7.2 it takes a lock of
// its own (driver_override_store in drivers/base/bus.c) and does not wait.
#pragma once

#include <optional>
#include <string>

#include "host/pci_address.h"
#include "host/root.h"

namespace early {

// A probe that another process has started may take as long as a graphics driver needs.
inline constexpr int kLongestProbeMilliseconds = 20'000;

// Waits until no probe of the function is in flight; false: one still is after `milliseconds`.
bool wait_for_probe(const host::Root& root, const host::PciAddress& address, int milliseconds);

// host::override_of, for which older kernels take the device's lock. nullopt: a probe is still in
// flight after a second.
std::optional<std::string> override_within(const host::Root& root, const host::PciAddress& address);

}  // namespace early
