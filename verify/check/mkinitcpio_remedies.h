// SPDX-License-Identifier: GPL-2.0-or-later
//
// How to add the hook vfio-early to HOOKS of mkinitcpio: where it belongs on this machine, and what
// in a preset or in a drop-in keeps it from being used.
#pragma once

#include <string_view>

#include "host/platform/mkinitcpio.h"
#include "verify/check/remedy.h"

namespace verify {

// What to change before mkinitcpio builds the image `file` ("": any image) with vfio-early. Empty:
// nothing. `usual`: the remedy if nothing prevents a drop-in from being read.
Remedy include_hook(const host::Mkinitcpio& configuration, std::string_view file,
                    const Remedy& usual);

}  // namespace verify
