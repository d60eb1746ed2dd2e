// SPDX-License-Identifier: GPL-2.0-or-later
//
// All holders of a card in the running system. Only reads, and its work has a limit.
#pragma once

#include <vector>

#include "early/holders/holder.h"
#include "host/pci_function.h"
#include "host/root.h"

namespace early::holders {

Holders find_holders(const host::Root& root,
                     const std::vector<const host::PciFunction*>& functions);

// The unit that starts the graphical logins: "gdm.service"; "": none. To stop it ends the sessions
// of its users.
std::string display_manager(const host::Root& root);

}  // namespace early::holders
