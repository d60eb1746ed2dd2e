// SPDX-License-Identifier: GPL-2.0-or-later
//
// The power state of a function, from sysfs attributes that do not wake it.
#pragma once

#include <optional>
#include <string>

#include "host/machine.h"
#include "host/root.h"

namespace verify::hardware {

struct Power {
  std::string state;                   // "D0", "D3hot", "D3cold"; "": a kernel before 5.11
  std::string runtime;                 // "active", "suspended", "unsupported"
  std::optional<bool> d3cold_allowed;  // may its power be switched off?

  // Its memory does not answer in these states (PCI Power Management 1.2, 5.4).
  bool is_asleep() const;
};

// Reads the serial numbers, except of functions in D3cold: reading would wake them.
void read_serials(const host::Root& root, host::Machine& machine);

Power read_power(const host::Root& root, const host::PciAddress& address);

}  // namespace verify::hardware
