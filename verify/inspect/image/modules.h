// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel modules of an initramfs, and their dependencies.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/root.h"
#include "initramfs/contents.h"

namespace verify {

// The modules of one kernel of the image, by name.
struct ImageKernel {
  std::string release;
  std::map<std::string, std::string> modules;  // modules with a file: why the kernel would
                                               // reject it ("": it would not)
  std::map<std::string, std::string> unread;   // modules with unknown content: why
  std::map<std::string, std::vector<std::string>> depends;  // dependencies of each module
  std::set<std::string> built_in;
  std::string index_fault;   // why libkmod finds no module by its name ("": it does)
  bool has_aliases = false;  // false: the aliases of built-in drivers were not found
  std::map<std::string, std::string> built_in_drivers;  // by the modalias of a function
};

// Reads the kernel whose modules are in `directory` of the image: "lib/modules/6.12.0". Lists of
// depmod that are missing in the image (mkinitcpio omits them) are read from `root`. `modaliases`:
// modaliases of functions.
ImageKernel inspect_kernel(const host::Root& root, const initramfs::ImageContents& image,
                           const std::string& directory, const std::string& release,
                           const std::set<std::string>& modaliases, host::Meter& meter);

// The modules that `configuration` needs of that kernel, without their dependencies: vfio-pci and
// some others.
std::vector<std::string> wanted_modules(const config::Configuration& configuration,
                                        const ImageKernel& kernel);

// The variant drivers in the image that `configuration` may load instead of vfio-pci.
std::vector<std::string> variant_modules(const config::Configuration& configuration,
                                         const ImageKernel& kernel);

// `names` and all their dependencies, each once.
std::vector<std::string> with_dependencies(const ImageKernel& kernel,
                                           std::vector<std::string> names);

}  // namespace verify
