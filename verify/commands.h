// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of vfio-verify.
#pragma once

#include <span>

#include "host/root.h"
#include "verify/options.h"

namespace verify {

// The first one is `check`, the default.
std::span<const Command> commands();

}  // namespace verify
