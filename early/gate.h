// SPDX-License-Identifier: GPL-2.0-or-later
//
// The gate: the only part that a boot waits for. It records the intent, writes every
// driver_override, and returns. From then on no other driver can bind these functions, even if all
// that follows fails (driver_match_device in drivers/pci/pci-driver.c).
#pragma once

#include "host/root.h"
#include "plan/record.h"

namespace early {

// Completes `record`: its gate phase, and for each function state, time and error. Says what is
// refused; what went well is bind's to say, off the boot's back.
void gate(const host::Root& root, plan::Record& record);

// Writes one function's driver_override. Twice is as good as once.
void reserve(const host::Root& root, plan::FunctionRecord& function);

}  // namespace early
