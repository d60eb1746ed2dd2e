// SPDX-License-Identifier: GPL-2.0-or-later
//
// The processes that have a card open: through its nodes in /dev, and those of the devices behind
// it (a disk at its USB controller).
#pragma once

#include <string>
#include <vector>

#include "host/pci_function.h"
#include "host/root.h"

namespace early::enable {

// "Xorg (812)", in the order of their numbers. Only root sees the processes of all users.
std::vector<std::string> users_of(const host::Root& root,
                                  const std::vector<const host::PciFunction*>& functions);

// At most six, then a count: "Xorg (812), mpv (1204) and 3 more".
std::string shortened(const std::vector<std::string>& words);

}  // namespace early::enable
