// SPDX-License-Identifier: GPL-2.0-or-later
//
// What must hold for a machine with any files: vfio-verify reports findings with an id, a subject
// and evidence, and its output is valid in every format.
#pragma once

#include "host/root.h"
#include "verify/report/report.h"

namespace fuzz {

void check_formats(const verify::Inspection& inspection, const verify::Findings& findings);

// `root` must not be live: no device is opened and no program is run.
verify::Inspection check_machine(const host::Root& root);

}  // namespace fuzz
