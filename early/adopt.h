// SPDX-License-Identifier: GPL-2.0-or-later
//
// adopt: a udev rule runs it for each function that appears. A function that returns after a
// removal has lost its override, and one that appears after the gate never had one. If it belongs
// to a configured card, it is reserved and bound here, before udev loads a module for it.
#pragma once

#include <string>

#include "early/unbind.h"
#include "host/pci_address.h"
#include "host/root.h"

namespace early {

// The cause of the "add" event.
enum class Event {
  kAppeared,  // the kernel found a device
  kColdPlug,  // the event was triggered for an existing device, as each boot does
  kBound,     // a driver was bound to a function that may have virtual functions
  kUnknown,   // started by hand
};

// False: something is not claimed that should be. True if there is nothing to do. Each boot calls
// this for every function except bridges: if all cards are claimed, it reads only two files for the
// other functions.
bool adopt(const host::Root& root, const std::string& configuration_file,
           const host::PciAddress& address, Event event);

}  // namespace early
