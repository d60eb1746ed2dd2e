// SPDX-License-Identifier: GPL-2.0-or-later
//
// Denied access to a group's device node, besides its mode and owner: by AppArmor or SELinux
// according to the kernel log, or by libvirt's list of device nodes.
#pragma once

#include "verify/check/finding.h"
#include "verify/check/inspection.h"

namespace verify {

// Makes the finding about each such group a warning. If there is none, adds one.
void add_denials(const Inspection& inspection, Findings& findings);

}  // namespace verify
