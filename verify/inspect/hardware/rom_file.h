// SPDX-License-Identifier: GPL-2.0-or-later
//
// The option ROM of a function, through sysfs' `rom`. Reading enables the ROM for a moment, and on
// some cards the ROM shares its decoder with the memory that a driver uses (pci_enable_rom in
// drivers/pci/rom.c). Safety rules: the ROM is read only if the function is on a vfio driver, is
// awake and already decodes memory. Its group is held open meanwhile, so that no guest starts.
#pragma once

#include <optional>
#include <string>

#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/inspect/hardware/bars.h"
#include "verify/inspect/hardware/power.h"
#include "verify/inspect/hardware/rom.h"
#include "verify/inspect/registers.h"

namespace verify::hardware {

struct OptionRom {
  enum class State : uint8_t {
    kNone,         // the function has none
    kRead,         // see `rom`
    kRejected,     // the kernel finds no valid ROM
    kNotCaptured,  // no device is opened, or a captured tree has no bytes of it
    kOnDriver,     // a driver of the host may be using it
    kInUse,        // a guest may be using it
    kAsleep,       // the function does not answer
    kSwitchedOff,  // the function decodes no memory
    kUnassigned,   // it has no address
    kForbidden,    // only root may read it
    kFailed,       // see `error`
  };
  State state = State::kNone;
  uint64_t bytes = 0;   // of its address range
  bool shadow = false;  // it is the copy that x86 firmware left in memory
  Rom rom;
  std::optional<host::Error> error;
};

struct RomRequest {
  const host::PciFunction& function;
  std::optional<int> group;
  const Power& power;
  const std::vector<Window>& windows;
  const Registers* registers;  // nullptr: they cannot be read
  bool passive = false;        // do not read it: it must be enabled for that
};

OptionRom read_option_rom(const host::Root& root, const RomRequest& request);

}  // namespace verify::hardware
