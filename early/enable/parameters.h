// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel parameters that the claimed cards need, and how this machine's command line gets them.
#pragma once

#include <string>
#include <vector>

#include "early/enable/change.h"
#include "host/machine.h"
#include "host/platform/platform.h"
#include "host/result.h"
#include "host/root.h"

namespace early::enable {

// The parameter that makes the kernel use the IOMMU: "intel_iommu=on"; "": none would, or an IOMMU
// is active. `machine` must have its environment.
std::string parameter_for_iommu(const host::Root& root, const host::Machine& machine,
                                const host::Platform& platform);

// The change that adds the parameter for all cards. The error says why a program cannot do it.
host::Result<Change> add_parameter(const host::Root& root, const host::Platform& platform,
                                   const std::string& parameter);

}  // namespace early::enable
