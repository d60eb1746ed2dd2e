// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify image`: does the next boot from an initramfs bind the cards?
#pragma once

#include "host/root.h"
#include "verify/options.h"

namespace verify {

int run_image(const host::Root& root, const Options& options);

}  // namespace verify
