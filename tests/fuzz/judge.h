// SPDX-License-Identifier: GPL-2.0-or-later
//
// What must hold whatever a machine's files hold: that vfio-verify comes to a judgement, and that
// it can be read in every format.
#pragma once

#include "host/root.h"
#include "verify/report.h"

namespace fuzz {

void hold_formats(const verify::Inspection& inspection, const verify::Findings& findings);

// `root` is not live: no device and no program is asked.
verify::Inspection hold_machine(const host::Root& root);

}  // namespace fuzz
