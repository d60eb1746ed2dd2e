// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the user reads: each sentence once into the kernel's log, which survives the initramfs, and
// to standard error, for who runs the program by hand. (The units send that to nowhere.)
#pragma once

#include <string>

#include "host/kernel_log.h"
#include "host/root.h"
#include "plan/record.h"

namespace early {

// "vfio-early: SENTENCE". Never fails: where there is no log, standard error has to do.
void say(const host::Root& root, host::Priority priority, const std::string& sentence);

// "gaming: /etc/vfio-early.conf:3: unknown key 'adress'. Remedy: known keys: …".
void say_refusal(const host::Root& root, const plan::Refusal& refusal);

// Writes the record; where that fails, it is said, and all goes on without one.
void save(const host::Root& root, const plan::Record& record);

// "gaming: it moved … Remedy: …".
void say_warning(const host::Root& root, const plan::Warning& warning);

// What became of one function: "gaming: 0000:01:00.0 belongs to vfio-pci", or why it does not.
void say_outcome(const host::Root& root, const plan::FunctionRecord& function);

// Something that the owner wants of a function that is claimed all the same.
void say_warning(const host::Root& root, const plan::FunctionRecord& function,
                 const std::string& warning);

}  // namespace early
