// SPDX-License-Identifier: GPL-2.0-or-later
//
// The user or the system asks this process to stop. A change is never left half done for that: it
// is finished or taken back first.
#pragma once

namespace early::enable {

// From now on SIGINT, SIGTERM and SIGHUP are only noted, and SIGPIPE is ignored: output that nobody
// reads must not end this process.
void note_interruptions();

bool interrupted();

}  // namespace early::enable
