// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings of a card before vfio-pci is bound: BAR sizes, which the kernel changes only while no
// driver is bound, and the order of reset methods. A setting that cannot be applied becomes a
// warning of the function; the function is claimed nevertheless.
#pragma once

#include "host/root.h"
#include "record/record.h"

namespace early {

// For all functions of the record that are to be bound, before any is bound. The BAR sizes are for
// the card's display function, or for its first function if it has none. The reset method is for
// all functions that offer it; if that one function does not offer it, it gets a warning.
void apply_settings(const host::Root& root, record::Record& record);

// Loads the `modules` of all functions that are to be bound, each once. A module that cannot be
// loaded becomes a warning of the functions that want it. Must come before apply_settings(): a
// module may add a reset method.
void load_extra_modules(const host::Root& root, record::Record& record);

// Sets vfio-pci's parameter for `disable-idle-d3` if the module is loaded already and the kernel
// still uses the new value. Must come before any function is bound.
void set_module_option(const host::Root& root, record::Record& record);

// After the bind: warns if vfio-pci did not get its module option.
void check_module_option(const host::Root& root, record::Record& record);

}  // namespace early
