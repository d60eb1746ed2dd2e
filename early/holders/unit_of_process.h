// SPDX-License-Identifier: GPL-2.0-or-later
//
// The systemd unit of a process, from /proc/PID/cgroup.
#pragma once

#include <string_view>

#include "early/holders/holder.h"

namespace early::holders {

// `cgroup` is the content of that file, of cgroup v2 ("0::/…") or v1 ("1:name=systemd:/…"). Pure.
Unit unit_of_cgroup(std::string_view cgroup);

// May --stop-services stop it? Not if it is no system service, and not if the machine cannot work
// without it, or a login depends on it: logind opens the devices of all sessions.
bool may_stop(const Unit& unit);

}  // namespace early::holders
