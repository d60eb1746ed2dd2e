// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify capture FILE`: the machine in one file, for a bug report. What is in it and what was
// replaced is in its MANIFEST.
#pragma once

#include "host/root.h"
#include "verify/capture/collect.h"

namespace verify::capture {

inline constexpr const char* kManifest = "/MANIFEST";

// With its manifest.
Collection take(const host::Root& root);

}  // namespace verify::capture
