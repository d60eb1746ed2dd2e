// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages for the user: each goes to the kernel log, which survives the initramfs, and to standard
// error, for users who run the program by hand. (The units discard standard error.)
#pragma once

#include <string>

#include "host/kernel_log.h"
#include "host/root.h"
#include "record/record.h"

namespace early {

// "vfio-early: SENTENCE". Never fails: without a kernel log only standard error gets it.
void log_message(const host::Root& root, host::Priority priority, const std::string& sentence);

// "gaming: /etc/vfio-early.conf:3: unknown key 'adress'. Remedy: use a known key: …".
void log_refusal(const host::Root& root, const config::Refusal& refusal);

// Writes the record. If that fails, logs it, and the caller continues without a record.
void save_record(const host::Root& root, const record::Record& record);

// "gaming: the card has moved … Remedy: …".
void log_warning(const host::Root& root, const config::Warning& warning);

// The result for one function: "gaming: 0000:01:00.0 is bound to vfio-pci", or why not.
void log_outcome(const host::Root& root, const record::FunctionRecord& function);

// A setting that could not be applied to a function. The function is claimed nevertheless.
void log_warning(const host::Root& root, const record::FunctionRecord& function,
                 const std::string& warning);

}  // namespace early
