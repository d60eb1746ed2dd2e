// SPDX-License-Identifier: GPL-2.0-or-later
//
// Has this boot proven itself? vfio-early-healthy.service asks when the boot has completed, which
// is why nothing here does: a host with a black screen completes its boot too.
#pragma once

#include <string>

#include "host/root.h"
#include "plan/record.h"

namespace early {

// What proves it, in words; "" as long as nothing does.
std::string sign_of_health(const host::Root& root, const plan::Record& record);

// `vfio-early healthy`: marks this boot as good, where there is something to mark. `wait`: until
// it is. True: it is marked, or there was nothing to mark.
bool mark_healthy(const host::Root& root, const plan::Record& record, bool wait);

// `vfio-early stopped`: a clean shutdown before the mark is no failure.
bool mark_stopped(const host::Root& root, const plan::Record& record);

}  // namespace early
