// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which kernel modules an initramfs with us in it needs, for what the owner wants now. Every
// generator's hook asks this one question; their dependencies are the generator's business.
#pragma once

#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"
#include "plan/configuration.h"

namespace early {

// An image for this machine carries the variant drivers ('driver = auto') for the functions that
// are here; one for any machine carries all that the kernel has.
enum class ImageFor { kThisMachine, kAnyMachine };

struct ImageModules {
  std::vector<std::string> names;   // each is a file of that kernel's: what is built in is left out
  std::vector<std::string> wanted;  // for the configuration, but the kernel does not have them
};

// "/lib/modules/6.12.1-amd64".
std::string modules_directory(const std::string& release);

// `directory` is that kernel's, with modules.dep in it. The error: it is none, or it has no
// vfio_pci, without which nothing can be bound.
host::Result<ImageModules> image_modules(const host::Root& root,
                                         const plan::Configuration& configuration,
                                         const std::string& directory, ImageFor machine);

}  // namespace early
