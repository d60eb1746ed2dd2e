// SPDX-License-Identifier: GPL-2.0-or-later
//
// Problems outside of the plan that can prevent passthrough. The gate does not wait for them: they
// are reported after bind, and by `vfio-early plan`.
#pragma once

#include <span>
#include <vector>

#include "host/machine.h"
#include "host/module_options.h"
#include "plan/plan.h"

namespace plan {

// The functions that share an IOMMU group with a claimed one and are not claimed themselves: a
// guest cannot start while a host driver holds one of them. Needs Details::groups.
std::vector<config::Warning> unclaimed_group_warnings(const host::Machine& machine,
                                                      const std::vector<host::PciAddress>& claimed);

// The functions that vfio-pci also binds because of its option `ids=`, although they are not
// claimed. `options` are vfio-pci's.
std::vector<config::Warning> ids_option_warnings(const host::Machine& machine,
                                                 const std::vector<host::PciAddress>& claimed,
                                                 std::span<const host::ModuleOption> options);

}  // namespace plan
