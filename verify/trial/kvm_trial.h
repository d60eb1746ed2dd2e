// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does KVM work? Tested by creating a virtual machine, because /dev/kvm may exist although another
// hypervisor uses the processor's virtualization or the firmware disables it.
#pragma once

#include "host/result.h"
#include "host/root.h"

namespace verify {

// The steps in their order. KvmTrial::ended_at is the last one that was tried.
enum class KvmStep { kOpenDevice, kGetApiVersion, kCreateMachine, kCreated };

struct KvmTrial {
  KvmStep ended_at = KvmStep::kCreated;
  host::Error error;  // of that step, unless it is kCreated

  bool created() const { return ended_at == KvmStep::kCreated; }
};

// Creates an empty virtual machine and closes it. A child process does this, so that a call that
// hangs in the kernel costs at most three seconds (ETIMEDOUT).
KvmTrial try_kvm(const host::Root& root);

}  // namespace verify
