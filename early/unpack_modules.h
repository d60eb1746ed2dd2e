// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-early modules -o DIR`: writes a kernel's modules, not compressed, for an image that a
// generator makes. The generator compresses the image as a whole; modules that are also compressed
// themselves would be decompressed twice.
#pragma once

#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace early {

// Writes `names` and all their dependencies to the directory `into`, as module_tree.h picks them
// from `directory`: "…/kernel/drivers/vfio/vfio.ko" replaces a vfio.ko.xz there. The generator's
// depmod writes the indexes.
host::Result<void> unpack_modules(const host::Root& root, const std::string& directory,
                                  const std::string& release, const std::vector<std::string>& names,
                                  const std::string& into);

}  // namespace early
