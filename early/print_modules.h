// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-early modules`: what image_modules.h says, one name a line, for the hooks of the initramfs
// generators; with -o DIR, unpack_modules.h too. Complaints go to standard error alone: a machine
// whose image is built is not booted.
#pragma once

#include "early/commands.h"
#include "host/root.h"

namespace early {

int print_modules(const host::Root& root, const Options& options);

}  // namespace early
