// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel that runs now: its command line, its version and its boot, from procfs.
#pragma once

#include <string>

#include "host/command_line.h"
#include "host/root.h"

namespace host {

// Empty if it cannot be read.
CommandLine running_command_line(const Root& root);

// "6.12.117+deb12-amd64", as of `uname -r`; "": it cannot be read.
std::string running_release(const Root& root);

// Differs from boot to boot; "": it cannot be read.
std::string boot_id(const Root& root);

}  // namespace host
