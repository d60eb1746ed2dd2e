// SPDX-License-Identifier: GPL-2.0-or-later
//
// The gate: the only part that a boot waits for. It records the intent, writes every
// driver_override, and returns. From then on the kernel matches these functions with no other
// driver (pci_match_device in drivers/pci/pci-driver.c, called again under the device's lock before
// a probe), even if all later steps fail.
#pragma once

#include <chrono>

#include "host/root.h"
#include "record/record.h"

namespace early {

// The limit of all waits of the gate together: several functions may hang. TimeoutStartSec= of
// vfio-early-gate.service is 10 s, and the record is written after the waits.
inline constexpr std::chrono::milliseconds kGateWaits{5000};

// Completes `record`: its gate phase, and for each function state, time and error. Logs refusals
// and failures. Success is logged by bind, for which no boot waits.
void gate(const host::Root& root, record::Record& record,
          std::chrono::milliseconds waits = kGateWaits);

// Replaces "auto" by the name of a driver: the override must name it from the beginning.
void choose_variant_drivers(const host::Root& root, record::Record& record);

}  // namespace early
