// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one finding owes to another check: where that check has an open finding, the reader is sent
// there; where it passed or was skipped, the reader is not.
#pragma once

#include "verify/finding.h"

namespace verify {

// Completes every finding that names a cause: its evidence says "see ID" and its remedy "solve ID
// first", where ID is the first check on the way from cause to cause that failed, warned or is
// unknown. Without such a check the finding stays as its own check has written it.
void resolve_causes(Findings& findings);

}  // namespace verify
