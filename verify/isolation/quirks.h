// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Linux knows about isolation that no capability says: a table of facts, from its own table
// pci_dev_acs_enabled in drivers/pci/quirks.c (6.12). Without it, half of Intel's chipsets would
// look as if they isolated nothing.
#pragma once

#include "host/pci_function.h"
#include "verify/isolation/config_space.h"

namespace verify::isolation {

enum class Trust : uint8_t {
  kIsolates,         // as if every bit were on
  kIsolatesNothing,  // whatever its capability says
  kControlAt8,       // its ACS control register stands at 8, not at 6: Intel's erratum 22 and 23
};

struct Quirk {
  uint16_t vendor;
  uint16_t first;  // device ids
  uint16_t last;
  enum class Where : uint8_t { kAnywhere, kRootPort, kPort, kIntegrated, kAmdChipset } where;
  Trust trust;
  const char* what;  // "Intel PCH root port"
};

// What Linux knows of the function; nullptr: nothing. `amd_iommu`: the firmware has an IVRS table.
const Quirk* quirk_of(const host::PciFunction& function, const ConfigSpace& config,
                      bool on_root_bus, bool amd_iommu);

}  // namespace verify::isolation
