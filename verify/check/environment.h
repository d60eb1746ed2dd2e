// SPDX-License-Identifier: GPL-2.0-or-later
//
// What to say where this kernel does not have the machine's IOMMU: in Xen's dom0 and domU, in
// Windows Subsystem for Linux, and in a container.
#pragma once

#include <string>

#include "verify/check/inspection.h"
#include "verify/check/remedy.h"

namespace verify {

// "this is Xen's dom0: …"; "": the kernel runs on the machine itself, or in a virtual machine.
std::string environment_evidence(const Inspection& inspection);

Remedy environment_remedy(const Inspection& inspection);

}  // namespace verify
