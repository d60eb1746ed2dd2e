// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the modules of an installed kernel are.
#pragma once

#include <string>

#include "host/root.h"

namespace host {

// The directory with the kernel's modules.dep. /lib/modules/RELEASE, if there is none.
std::string find_module_directory(const Root& root, const std::string& release);

}  // namespace host
