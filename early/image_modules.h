// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel modules that an initramfs with vfio-early needs for the current configuration. The
// hooks of all initramfs generators use this list. Dependencies are left to the generator.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/result.h"
#include "host/root.h"

namespace early {

// An image for this machine has the variant drivers ('driver = auto') for the functions of this
// machine; an image for any machine has all variant drivers of the kernel.
enum class ImageFor { kThisMachine, kAnyMachine };

struct ImageModules {
  std::vector<std::string> names;   // each is a file of that kernel; built-in ones are left out
  std::vector<std::string> wanted;  // configured, but the kernel does not have them
};

// "/lib/modules/6.12.1-amd64": where vfio-early looks for modules in an image.
std::string modules_directory(const std::string& release);

// `directory` is that kernel's, with modules.dep in it. Error: modules.dep cannot be read, or there
// is no vfio_pci, without which nothing can be bound.
host::Result<ImageModules> image_modules(const host::Root& root,
                                         const config::Configuration& configuration,
                                         const std::string& directory, ImageFor machine);

}  // namespace early
