// SPDX-License-Identifier: GPL-2.0-or-later
//
// The virtual functions (SR-IOV) of cards with 'vfs'.
//
// The gate writes 0 to sriov_drivers_autoprobe of the physical function, before any virtual
// function exists. From then on the kernel binds a virtual function only to a driver that its
// driver_override names (pci_device_can_probe in drivers/pci/pci-driver.c). When the driver of the
// physical function is bound, bind creates the virtual functions, by sriov_numvfs. They are then
// reserved and bound like all others.
#pragma once

#include <vector>

#include "host/root.h"
#include "record/record.h"

namespace early {

// Keeps host drivers off the virtual functions that will be created. The state of a physical
// function becomes kFailed if that is not possible: then none are created.
void keep_from_host_drivers(const host::Root& root, std::vector<record::PhysicalRecord>& all);

// Creates what is missing, where the driver of the physical function is bound, and adds the virtual
// functions that exist to `record`, as intended. Logs what has changed.
void create_virtual_functions(const host::Root& root, record::Record& record);

// "net: 4 virtual functions of 0000:01:00.0 are created", or why not.
void log_creation(const host::Root& root, const record::PhysicalRecord& physical);

// Is a virtual function missing that may be created now?
bool is_creation_left(const record::Record& record);

// Gives the physical function its virtual functions back: removes them if vfio-early has created
// them, and lets host drivers bind to them. They must have no driver. False: they could not be
// removed.
bool return_virtual_functions(const host::Root& root, record::PhysicalRecord& physical);

// Lets host drivers bind to the virtual functions of `physical`, or not. Functions that have a
// driver_override are not affected.
host::Result<void> set_autoprobe(const host::Root& root, const host::PciAddress& physical, bool on);

}  // namespace early
