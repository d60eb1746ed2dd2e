// SPDX-License-Identifier: GPL-2.0-or-later
//
// The gate: the only part that a boot waits for. It records the intent, writes every
// driver_override, and returns. From then on the kernel matches these functions with no other
// driver (pci_match_device in drivers/pci/pci-driver.c, asked again under the device's lock before
// a probe), even if all that follows fails.
#pragma once

#include "host/root.h"
#include "plan/record.h"

namespace early {

// Completes `record`: its gate phase, and for each function state, time and error. Says what is
// refused; what went well is bind's to say, off the boot's back.
void gate(const host::Root& root, plan::Record& record);

// Puts the driver's name where the owner wants "auto": the override must name it from the start.
void choose_variants(const host::Root& root, plan::Record& record);

}  // namespace early
