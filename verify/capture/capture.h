// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify capture FILE`: the state of the machine in one file, for a bug report. The MANIFEST
// in it lists the kinds of secrets that were replaced, and what was left out.
#pragma once

#include "host/root.h"
#include "verify/capture/collect.h"

namespace verify::capture {

inline constexpr const char* kManifest = "/MANIFEST";

// Collects the files of `root`, and adds the manifest.
Collection capture_machine(const host::Root& root);

}  // namespace verify::capture
