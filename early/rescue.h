// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dead-man rescue: a boot that claimed and never reached its healthy mark is followed by one
// that leaves the cards which ask for this ('healthy-when') to the host. plan/boot_flag.h decides;
// here the flag is kept, in one EFI variable.
//
//   gate   reads it, before anything is claimed
//   bind   writes it, off the boot's back, and before anything that can hang the machine because of
//          the claim: unbinding, releasing a framebuffer, probing. A machine that dies between the
//          gate and that write is not rescued: until then driver_override is all that was written,
//          which nothing notices, and a write to flash is nothing that a boot should wait for.
//   mark   writes it once more, when the boot has proven itself or is shut down
//
// At most two writes a boot, and none where what is claimed was found healthy before. No card asks:
// nothing is read, loaded or mounted. No flag, for whatever reason: that is said, and the claim
// goes on.
#pragma once

#include "host/root.h"
#include "plan/boot_flag.h"
#include "plan/record.h"

namespace early {

// Reads the flag and decides; takes the armed cards out of `plan` where this boot is to skip them.
plan::Rescue consult_flag(const host::Root& root, const plan::Configuration& configuration,
                          const host::Machine& machine, plan::Plan& plan);

// Says why there is no flag, where one was asked for.
void say_unavailable(const host::Root& root, const plan::Rescue& rescue);

// Writes what consult_flag() decided, and saves the record.
void keep_flag(const host::Root& root, plan::Record& record);

host::Result<plan::BootFlag> read_flag(const host::Root& root);

// Writes it with another mark, and notes that in the record of this boot.
host::Result<void> mark_flag(const host::Root& root, plan::BootFlag flag, plan::Mark mark);

// For `plan`: what the flag means to the next boot. Loads and mounts nothing.
void print_flag(const host::Root& root, const plan::Configuration& configuration,
                const host::Machine& machine, const plan::Plan& plan);

}  // namespace early
