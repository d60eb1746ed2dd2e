// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the owner wants set on a card before vfio-pci has it: BAR sizes, which the kernel
// changes only while no driver is there, and the order of reset methods. What can't be set becomes
// a warning of the function's; it never costs the claim.
#pragma once

#include "host/root.h"
#include "plan/record.h"

namespace early {

// For all functions of the record that are to be bound, before any is. A card's sizes are meant for
// its display function, or its first where it has none; its reset method for all that have it, and
// only of the one it is missed.
void apply_settings(const host::Root& root, plan::Record& record);

// Sets vfio-pci's parameter for `disable-idle-d3` where the module is there already and the kernel
// still takes it. Before any function is bound.
void set_module_option(const host::Root& root, plan::Record& record);

// Did vfio-pci's module option arrive? Afterwards.
void check_module_option(const host::Root& root, plan::Record& record);

}  // namespace early
