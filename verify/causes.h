// SPDX-License-Identifier: GPL-2.0-or-later
//
// Findings that another check explains: the reader is sent there if that check has an open finding,
// and not if it passed or was skipped.
#pragma once

#include "verify/finding.h"

namespace verify {

// Completes every finding that names a cause: its evidence says "see ID" and its remedy "solve ID
// first", where ID is the first check in the chain of causes that failed, warned or is unknown.
// Without such a check the finding is not changed.
void resolve_causes(Findings& findings);

}  // namespace verify
