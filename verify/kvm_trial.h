// SPDX-License-Identifier: GPL-2.0-or-later
//
// Can this machine run a guest with its processor's help? Proven by making one: /dev/kvm may be
// there while another hypervisor holds the processor, or while the firmware forbids it.
#pragma once

#include "host/result.h"
#include "host/root.h"

namespace verify {

inline constexpr const char* kKvmDevice = "open /dev/kvm";

// Makes an empty virtual machine and drops it. A child does it: a call that hangs in the kernel
// costs three seconds (ETIMEDOUT) and no more.
host::Result<void> try_kvm(const host::Root& root);

}  // namespace verify
