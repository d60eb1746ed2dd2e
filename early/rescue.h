// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dead-man rescue: after a boot that claimed and did not reach its healthy mark, the next boot
// leaves the cards with 'healthy-when' to the host. plan/boot_flag.h decides; this file keeps the
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

#include "host/root.h"
#include "plan/boot_flag.h"
#include "plan/record.h"

namespace early {

// Reads the flag and decides; removes the armed cards from `plan` if this boot is to skip them.
plan::Rescue consult_flag(const host::Root& root, const plan::Configuration& configuration,
                          const host::Machine& machine, plan::Plan& plan);

// Logs why the flag is not available, if a card has 'healthy-when'.
void say_unavailable(const host::Root& root, const plan::Rescue& rescue);

// Writes what consult_flag() decided, and saves the record.
void keep_flag(const host::Root& root, plan::Record& record);

host::Result<plan::BootFlag> read_flag(const host::Root& root);

// Writes `flag` with `mark`, and updates the record of this boot.
host::Result<void> mark_flag(const host::Root& root, plan::BootFlag flag, plan::Mark mark);

// For `vfio-early plan`: prints what the flag means to the next boot. Loads and mounts nothing.
void print_flag(const host::Root& root, const plan::Configuration& configuration,
                const host::Machine& machine, const plan::Plan& plan);

}  // namespace early
