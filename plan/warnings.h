// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands beside the plan and may spoil it: not worth holding up a gate, but said as soon as
// there is time, and by `plan`.
#pragma once

#include <span>
#include <vector>

#include "host/machine.h"
#include "host/module_options.h"
#include "plan/plan.h"

namespace plan {

// The functions that share an IOMMU group with a claimed one and are not claimed themselves: the
// guest can't start while a driver of the host has one of them. Needs Details::groups.
std::vector<Warning> left_behind(const host::Machine& machine,
                                 const std::vector<host::PciAddress>& claimed);

// What `ids=` given to vfio-pci takes beyond what is claimed. `options` are vfio-pci's.
std::vector<Warning> rivals(const host::Machine& machine,
                            const std::vector<host::PciAddress>& claimed,
                            std::span<const host::ModuleOption> options);

}  // namespace plan
