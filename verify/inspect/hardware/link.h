// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PCI Express links on the path to a function: their current speed and width, and the maximum
// of either end. If a graphics card has a switch of its own, the link in the slot is not that of
// its function.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "host/machine.h"
#include "host/result.h"
#include "host/root.h"

namespace verify::hardware {

struct Rate {
  uint8_t speed = 0;  // as in the registers: 1 is 2.5 GT/s
  uint8_t width = 0;  // lanes

  std::string speed_text() const;  // "8 GT/s"
};

struct Link {
  std::string upper;  // the port, "0000:00:01.0"
  std::string lower;  // the function at the other end
  Rate now;
  Rate upper_max;
  Rate lower_max;

  uint8_t possible_width() const { return std::min(upper_max.width, lower_max.width); }
  uint8_t possible_speed() const { return std::min(upper_max.speed, lower_max.speed); }
};

// In order from the root. Empty for functions without a link: conventional PCI, parts of the
// chipset, virtual functions. `function` and the machine's functions have their paths.
host::Result<std::vector<Link>> read_links(const host::Root& root, const host::Machine& machine,
                                           const host::PciFunction& function);

}  // namespace verify::hardware
