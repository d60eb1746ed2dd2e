// SPDX-License-Identifier: GPL-2.0-or-later
//
// Findings that another check explains. They refer to that check only if it failed, warned or is
// unknown.
#pragma once

#include "verify/check/finding.h"

namespace verify {

// Completes every finding that has a cause: adds "see ID" to its evidence, replaces its remedy with
// "fix ID first", and sets `waits_for`. ID is the root: the last check in the chain of causes that
// failed, warned or is unknown, so that its own remedy never refers to another check. Without such
// a check the finding is not changed.
void resolve_causes(Findings& findings);

}  // namespace verify
