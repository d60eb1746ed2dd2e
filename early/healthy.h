// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is this boot healthy? vfio-early-healthy.service starts this after the boot has completed, so
// that is not checked here. It is no proof of a working screen: a host with a black screen
// completes its boot, too.
#pragma once

#include <string>

#include "host/root.h"
#include "record/record.h"

namespace early {

// The sign that this boot is healthy, for a message; "" if there is none yet.
std::string health_evidence(const host::Root& root, const record::Record& record);

// `vfio-early healthy`: marks this boot as healthy if a mark is pending. `wait`: waits until it is
// healthy. True: it is marked, or nothing is pending.
bool mark_healthy(const host::Root& root, const record::Record& record, bool wait);

// `vfio-early stopped`: marks this boot as stopped, since a clean shutdown before the healthy mark
// is not a failure.
bool mark_stopped(const host::Root& root, const record::Record& record);

}  // namespace early
