// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does KVM work? Tested by creating a virtual machine, because /dev/kvm may exist although another
// hypervisor uses the processor's virtualization or the firmware disables it.
#pragma once

#include "host/result.h"
#include "host/root.h"

namespace verify {

inline constexpr const char* kKvmDevice = "open /dev/kvm";

// Creates an empty virtual machine and closes it. A child process does this, so that a call that
// hangs in the kernel costs at most three seconds (ETIMEDOUT).
host::Result<void> try_kvm(const host::Root& root);

}  // namespace verify
