// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a function is awake, by what sysfs tells without waking it.
#pragma once

#include <optional>
#include <string>

#include "host/machine.h"
#include "host/root.h"

namespace verify::hardware {

struct Power {
  std::string state;                   // "D0", "D3hot", "D3cold"; "" a kernel before 5.11
  std::string runtime;                 // "active", "suspended", "unsupported"
  std::optional<bool> d3cold_allowed;  // may it lose its power altogether?

  // Its memory does not answer then (PCI Power Management 1.2, 5.4).
  bool asleep() const;
};

// The serial numbers, but of what sleeps in D3cold: reading one would wake it.
void read_serials(const host::Root& root, host::Machine& machine);

Power read_power(const host::Root& root, const host::PciAddress& address);

}  // namespace verify::hardware
