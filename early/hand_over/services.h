// SPDX-License-Identifier: GPL-2.0-or-later
//
// systemd's units, through systemctl(1), with a deadline for each. Nothing is called for a tree
// that is not the running machine.
#pragma once

#include <string>

#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

// Is systemd the init of this machine (sd_booted(3))?
bool has_systemd(const host::Root& root);

// ETIMEDOUT: the job continues.
host::Result<void> stop_unit(const host::Root& root, const std::string& unit);
host::Result<void> start_unit(const host::Root& root, const std::string& unit);
// Does not wait: a unit may stop the one that started it.
void stop_unit_later(const host::Root& root, const std::string& unit);

}  // namespace early::hand_over
