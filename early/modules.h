// SPDX-License-Identifier: GPL-2.0-or-later
//
// Loading a kernel module through libkmod, with its dependencies, softdeps and modprobe.d options.
#pragma once

#include <string>

#include "host/result.h"

namespace early {

// `name` may be a module, an alias, or a driver whose module is named alike ("vfio-pci" for
// vfio_pci). Loaded or built in already is success. ENOENT: there is no such module for the
// running kernel.
host::Result<void> load_module(const std::string& name);

}  // namespace early
