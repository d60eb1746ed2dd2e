// SPDX-License-Identifier: GPL-2.0-or-later
//
// The option ROM of a function, through sysfs' `rom`, with the manners that this needs: reading
// switches the ROM on for a moment, and on some cards it shares its decoder with the memory that a
// driver uses (pci_enable_rom in drivers/pci/rom.c). So it is read only where nobody can be in the
// way: the function is on a vfio driver, its group is held meanwhile so that no guest starts, and
// it is awake and decodes memory anyway.
#pragma once

#include <optional>
#include <string>

#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/hardware/bars.h"
#include "verify/hardware/power.h"
#include "verify/hardware/rom.h"
#include "verify/registers.h"

namespace verify::hardware {

struct OptionRom {
  enum class State : uint8_t {
    kNone,         // the function has none
    kRead,         // see `rom`
    kRejected,     // the kernel finds none in what it reads there
    kNotAsked,     // a captured tree, without its bytes
    kOnDriver,     // a driver of the host may be using it
    kInUse,        // a guest may be
    kAsleep,       // nothing answers
    kSwitchedOff,  // the function decodes no memory
    kUnplaced,     // it has no address
    kForbidden,    // only root may
    kFailed,       // see `error`
  };
  State state = State::kNone;
  uint64_t bytes = 0;   // that there is room for
  bool shadow = false;  // it is the copy that x86's firmware left in memory
  Rom rom;
  std::optional<host::Error> error;
};

struct RomQuestion {
  const host::PciFunction& function;
  std::optional<int> group;
  const Power& power;
  const std::vector<Window>& windows;
  const Registers* registers;  // nullptr: they can't be read
};

OptionRom read_option_rom(const host::Root& root, const RomQuestion& question);

}  // namespace verify::hardware
