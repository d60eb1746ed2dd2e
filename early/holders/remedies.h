// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the user can do so that a process lets a card go.
#pragma once

#include <string>

#include "early/holders/holder.h"

namespace early::holders {

// Depends on the unit of the process, on what it has open, and on its name. `display_manager` is
// the unit that starts the graphical logins, "gdm.service"; "": none. Pure.
std::string remedy_for_process(const Holder& holder, const std::string& display_manager = {});

}  // namespace early::holders
