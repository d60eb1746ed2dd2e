// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-early modules -o DIR`: a kernel's modules for an image that a generator makes, not
// compressed. The image is, as a whole; what travels packed in it as well is unpacked twice.
#pragma once

#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace early {

// Puts `names` and all that they depend on into the directory `into`, as module_tree.h picks them
// from `directory`: "…/kernel/drivers/vfio/vfio.ko" takes the place of a vfio.ko.xz there. The
// indexes are left to the generator's depmod.
host::Result<void> unpack_modules(const host::Root& root, const std::string& directory,
                                  const std::string& release, const std::vector<std::string>& names,
                                  const std::string& into);

}  // namespace early
