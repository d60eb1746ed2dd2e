// SPDX-License-Identifier: GPL-2.0-or-later
//
// adopt: what a udev rule runs for a function that appears. A function that comes back after a
// removal has lost its override, and one that appears after the gate never had one; if it belongs
// to a configured card it is reserved and bound here, before udev loads any module for it.
#pragma once

#include <string>

#include "early/unbind.h"
#include "host/pci_address.h"
#include "host/root.h"

namespace early {

// Why udev says "add".
enum class Event {
  kAppeared,  // the kernel found a device
  kColdPlug,  // somebody triggered the events of what is there already, as each boot does
  kUnknown,   // we were started by hand
};

// False: something was not claimed that should be. Nothing to do is success, and costs a file or
// two for what no card is configured for.
bool adopt(const host::Root& root, const std::string& configuration_file,
           const host::PciAddress& address, Event event);

}  // namespace early
