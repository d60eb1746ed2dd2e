// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hardware properties of a function: plain values, read once. A function in D3cold is not
// woken.
#pragma once

#include <optional>
#include <vector>

#include "host/machine.h"
#include "host/root.h"
#include "verify/hardware/bars.h"
#include "verify/hardware/link.h"
#include "verify/hardware/power.h"
#include "verify/hardware/reset.h"
#include "verify/hardware/rom_file.h"

namespace verify::hardware {

struct Hardware {
  Power power;
  // Why its registers could not be read, see Registers::open.
  std::optional<host::Error> silent;
  bool capabilities_readable = true;  // false: only root may read them, or see `silent`
  ResetMethods reset;
  std::vector<Window> windows;
  std::vector<ResizableBar> resizable;
  host::Result<std::vector<Link>> links = std::vector<Link>{};
  OptionRom rom;
};

// `machine` has paths; `group`: the function's IOMMU group.
Hardware read_hardware(const host::Root& root, const host::Machine& machine,
                       const host::PciFunction& function, std::optional<int> group);

}  // namespace verify::hardware
