// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may keep the machine's IOMMU from this kernel: a hypervisor or a container around it, and
// the processor's architecture, which decides what an IOMMU is called.
#pragma once

#include <string>

#include "host/command_line.h"
#include "host/root.h"

namespace host {

enum class Environment {
  kMachine,    // the machine itself, or an ordinary virtual machine
  kXenHost,    // Xen's dom0: the hypervisor below it uses the IOMMU
  kXenGuest,   // Xen's domU
  kWsl,        // Windows Subsystem for Linux
  kContainer,  // shares the kernel of the machine, but not all of its files
};

// The container decides if there is also one of the others.
Environment find_environment(const Root& root);

// Is it Qubes OS's dom0? Its tools configure Xen's guests.
bool is_qubes(const Root& root, const CommandLine& command_line);

enum class Architecture { kX86, kArm, kPower, kRiscv, kLoongArch, kOther };

// Unknown counts as x86.
Architecture find_architecture(const Root& root);

// For messages: "the SMMU".
const char* iommu_name(Architecture architecture);

}  // namespace host
