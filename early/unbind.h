// SPDX-License-Identifier: GPL-2.0-or-later
//
// Taking a function from the driver that holds it already, where its owner lets us: a driver that
// is built into the kernel, one that an initramfs loaded sooner, one that was quicker when the
// function came back.
//
// The override is written first, so that nobody else gets the function in between; then the driver
// is unbound, within a limit: its remove() may take its time, or hang. What can't be taken keeps
// its driver, without an override. Nothing is ever taken from under a block device in use.
#pragma once

#include "host/root.h"
#include "plan/record.h"

namespace early {

// May programs be using a device already?
enum class Moment {
  kArrival,  // the initramfs, or the function has just appeared: no
  kRunning,
};

Moment moment_of(const host::Root& root);

// Does the owner let us unbind `function.found`? Looks at nothing but the record.
bool may_unbind(const plan::FunctionRecord& function);

// Settles a function as kHeld by `function.found`, which the owner does not let us unbind.
void leave_alone(plan::FunctionRecord& function);

// The first step, for a function that is kIntended: kReserved if `found` may be unbound now, kHeld
// or kFailed if not.
void reserve_against_holder(const host::Root& root, plan::FunctionRecord& function, Moment moment);

// The second step, for a function that is kReserved: it stays so, and no driver has it any more; or
// it is kHeld again, and the caller must take back its override with clear_override().
void unbind_holder(const host::Root& root, plan::FunctionRecord& function, Moment moment);

// Takes back the override of a function that stays with its driver. Where that fails, its `why`
// says so.
void clear_override(const host::Root& root, plan::FunctionRecord& function);

}  // namespace early
