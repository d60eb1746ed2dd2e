// SPDX-License-Identifier: GPL-2.0-or-later
//
// Unbinds the driver that already holds a function, if the configuration allows that: a driver that
// is built into the kernel, that the initramfs loaded earlier, or that was first when the function
// returned to the bus.
//
// The override is written first, so that no other driver can bind in between. Then the driver is
// unbound, with a time limit: its remove() may be slow, or hang. If the function cannot be taken,
// it keeps its driver and has no override. A function with a block device in use is never taken.
#pragma once

#include "host/root.h"
#include "record/record.h"

namespace early {

// A driver's remove() takes tenths of a second if the card works.
inline constexpr int kUnbindMilliseconds = 5000;

// May programs be using a device already?
enum class DeviceUse {
  kUnused,  // the initramfs, or the function has just appeared: no
  kMaybeUsed,
  kChecked,  // the running system, but its holders were looked for (early/holders): none
};

DeviceUse device_use(const host::Root& root);

// Does the configuration allow to unbind `function.found`? Uses only the record.
bool may_unbind(const record::FunctionRecord& function);

// Sets the state kHeld: `function.found` has the function and may not be unbound.
void mark_held(record::FunctionRecord& function);

// The first step, for a function that is kIntended: it becomes kReserved if `found` may be unbound
// now, else kHeld.
void reserve_against_holder(const host::Root& root, record::FunctionRecord& function,
                            DeviceUse use);

// Is the function without a driver, and its lock free? The kernel removes the `driver` link before
// it calls the driver's remove(), and holds the device's lock until that returns
// (__device_release_driver in drivers/base/dd.c): a driver that hangs has no link. Waits half a
// second at most.
bool is_without_driver(const host::Root& root, const host::PciAddress& address);

// The second step, for a function that is kReserved: it stays kReserved, and no driver holds it any
// more; or it becomes kHeld, and the caller must call clear_override(). While the override
// names vfio-pci, loading vfio-pci for other functions would wait for this one's lock.
void unbind_holder(const host::Root& root, record::FunctionRecord& function, DeviceUse use);

// Clears the override of a function that keeps its driver. If that fails, its `why` says so.
void clear_override(const host::Root& root, record::FunctionRecord& function);

}  // namespace early
