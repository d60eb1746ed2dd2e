// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dead-man rescue: after a boot that claimed and did not reach its healthy mark, the next boot
// leaves the cards with 'healthy-when' to the host. plan/rescue.h decides; this file keeps the
// flag in one EFI variable.
//
//   gate   reads it before anything is claimed
//   bind   writes it before any step that can hang the machine because of the claim: unbinding,
//          releasing a framebuffer, probing. No boot waits for bind, and none should wait for
//          flash. A machine that dies between the gate and this write is not rescued: until then
//          only driver_override was written, which cannot hang it.
//   mark   writes it once more when the boot is healthy or is shut down
//
// At most two writes in a boot, and none if the same claims were healthy before. If no card has
// 'healthy-when', nothing is read, loaded or mounted. If the flag is not available, that is logged,
// and the cards are claimed.
#pragma once

#include "config/configuration.h"
#include "host/machine.h"
#include "host/root.h"
#include "plan/plan.h"
#include "record/record.h"

namespace early {

// Reads the flag and decides; removes the armed cards from `plan` if this boot is to skip them.
record::Rescue decide_by_flag(const host::Root& root, const config::Configuration& configuration,
                              const host::Machine& machine, plan::Plan& plan);

// Logs why the flag is not available, if a card has 'healthy-when'.
void log_unavailable(const host::Root& root, const record::Rescue& rescue);

// Writes what decide_by_flag() decided, and saves the record.
void write_decided_flag(const host::Root& root, record::Record& record);

host::Result<record::BootFlag> read_flag(const host::Root& root);

// Writes `flag` with `mark`, and updates the record of this boot.
host::Result<void> mark_flag(const host::Root& root, record::BootFlag flag, record::Mark mark);

// For `vfio-early plan`: prints what the flag means to the next boot. Loads and mounts nothing.
void print_flag(const host::Root& root, const config::Configuration& configuration,
                const host::Machine& machine, const plan::Plan& plan);

}  // namespace early
