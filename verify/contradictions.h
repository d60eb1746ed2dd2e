// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where sysfs contradicts itself. The kernel makes both sides of each pair from one variable, so
// they differ only if something changed between two reads, or if a captured tree is damaged or
// forged: then neither side proves anything.
#pragma once

#include <map>
#include <string>

#include "host/machine.h"
#include "host/root.h"

namespace verify {

// By group: its directory lists its functions, and each function has a link to its group
// (iommu_group_alloc_device in drivers/iommu/iommu.c). Groups without a contradiction are left out.
std::map<int, std::string> contradictions_of_groups(const host::Root& root,
                                                    const host::Machine& machine);

// Of a function: its uevent names the driver, the ids and the class, as do its link `driver` and
// its attributes. "": they agree. A captured tree may lack the attributes.
std::string contradiction_of(const host::Root& root, const host::PciFunction& function);

}  // namespace verify
