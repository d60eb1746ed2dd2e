// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looks for problems after the bind: other things on this machine that prevent a guest from using
// the claimed cards, or that claim more cards than configured. No boot waits for this. It comes
// after the bind, because a virtio-iommu gives a function its group only then.
#pragma once

#include "host/machine.h"
#include "host/root.h"
#include "plan/warnings.h"
#include "record/record.h"

namespace early {

// The warnings for these functions. They are neither logged nor recorded.
std::vector<config::Warning> machine_warnings(const host::Root& root, const host::Machine& machine,
                                              const std::vector<plan::ClaimedFunction>& functions);

// Logs the warnings and adds them to the record.
void report_machine_warnings(const host::Root& root, record::Record& record);

}  // namespace early
