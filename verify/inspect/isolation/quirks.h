// SPDX-License-Identifier: GPL-2.0-or-later
//
// Devices whose isolation Linux knows although no capability describes it: a table of facts from
// the kernel's table pci_dev_acs_enabled in drivers/pci/quirks.c (6.12). Without it, half of
// Intel's chipsets would seem not to isolate.
#pragma once

#include "host/pci_function.h"
#include "verify/inspect/isolation/config_space.h"

namespace verify::isolation {

enum class QuirkEffect : uint8_t {
  kIsolates,         // as if every bit were on
  kIsolatesIfSetUp,  // the same, if the kernel has changed the chipset's registers; else nothing
  kIsolatesNothing,  // whatever its capability says
  kControlAt8,       // the ACS control register is at offset 8, not 6: Intel's errata 22 and 23
};

struct Quirk {
  uint16_t vendor;
  uint16_t first;  // device ids
  uint16_t last;
  enum class Where : uint8_t { kAnywhere, kRootPort, kPort, kIntegrated, kAmdChipset } where;
  QuirkEffect effect;
  const char* what;  // "Intel chipset root port"
};

// The entry for the function; nullptr: none. `amd_iommu`: the firmware has an IVRS table.
const Quirk* quirk_of(const host::PciFunction& function, const ConfigSpace& config,
                      bool on_root_bus, bool amd_iommu);

}  // namespace verify::isolation
