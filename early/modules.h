// SPDX-License-Identifier: GPL-2.0-or-later
//
// Loading a kernel module through libkmod, with its dependencies, softdeps and modprobe.d options.
#pragma once

#include <string>

#include "host/result.h"
#include "host/root.h"

namespace early {

// `name` may be a module, an alias, or a driver whose module is named alike ("vfio-pci" for
// vfio_pci). Loaded or built in already is success. ENOENT: there is no such module for the
// running kernel. EPERM: `root` is not the running machine's.
host::Result<void> load_module(const host::Root& root, const std::string& name);

}  // namespace early
