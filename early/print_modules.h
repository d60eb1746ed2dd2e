// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-early modules`: prints the list of image_modules.h, one name a line, for the hooks of the
// initramfs generators; with -o DIR it also runs unpack_modules(). Errors go only to standard
// error, not to the kernel log: this builds an image, and does not claim.
#pragma once

#include "early/commands.h"
#include "host/root.h"

namespace early {

int print_modules(const host::Root& root, const Options& options);

}  // namespace early
