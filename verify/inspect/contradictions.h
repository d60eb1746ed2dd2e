// SPDX-License-Identifier: GPL-2.0-or-later
//
// Contradictions in sysfs. Each pair of values that is compared comes from one variable in the
// kernel. The values differ only if something changed between two reads, or if a captured tree is
// damaged or forged: then neither value is proof.
#pragma once

#include <map>
#include <string>

#include "host/machine.h"
#include "host/root.h"

namespace verify {

// By group number: differences between the functions that a group's directory lists and the
// iommu_group links of the functions (iommu_group_alloc_device in drivers/iommu/iommu.c). Groups
// without a contradiction are not in the result.
std::map<int, std::string> contradictions_of_groups(const host::Root& root,
                                                    const host::Machine& machine);

// A difference between a function's uevent (driver, ids, class) and its link `driver` and its
// attributes; "": none. A captured tree may lack the attributes.
std::string contradiction_of(const host::Root& root, const host::PciFunction& function);

}  // namespace verify
