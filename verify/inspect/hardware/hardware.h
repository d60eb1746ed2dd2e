// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hardware properties of a function: plain values, read once. A function in D3cold is not
// woken.
#pragma once

#include <optional>
#include <vector>

#include "host/machine.h"
#include "host/root.h"
#include "verify/inspect/hardware/bars.h"
#include "verify/inspect/hardware/link.h"
#include "verify/inspect/hardware/power.h"
#include "verify/inspect/hardware/reset.h"
#include "verify/inspect/hardware/rom_file.h"

namespace verify::hardware {

struct Hardware {
  Power power;
  // Why its registers could not be read, see Registers::open.
  std::optional<host::Error> registers_error;
  bool capabilities_readable = true;  // false: only root may read them, or see `registers_error`
  ResetMethods reset;
  std::vector<Window> windows;
  std::vector<ResizableBar> resizable;
  host::Result<std::vector<Link>> links = std::vector<Link>{};
  OptionRom rom;
};

struct HardwareRequest {
  std::optional<int> group;  // the function's IOMMU group
  bool passive = false;      // do not read the option ROM, which must be enabled for that
};

// `machine` has paths.
Hardware read_hardware(const host::Root& root, const host::Machine& machine,
                       const host::PciFunction& function, const HardwareRequest& request);

}  // namespace verify::hardware
