// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel modules of an initramfs, and what each depends on.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/root.h"
#include "plan/configuration.h"
#include "verify/image_contents.h"

namespace verify {

// The modules of one kernel of the image, by name.
struct ImageKernel {
  std::string release;
  std::map<std::string, std::string> modules;  // those with a file, and why the kernel
                                               // would reject it ("": it would not)
  std::map<std::string, std::string> unread;   // those whose content is not known, and why
  std::map<std::string, std::vector<std::string>> needs;  // what each depends on
  std::set<std::string> built_in;
  std::string index_fault;     // why libkmod finds none of the modules with a file ("": it does)
  bool knows_aliases = false;  // false: their list was not found
  std::map<std::string, std::string> built_in_drivers;  // by a function's modalias, if it has one
};

// The kernel whose modules are in `directory` of the image: "lib/modules/6.12.0". Lists that
// the image lacks (mkinitcpio leaves them out) are read from `root`. `kinds`: modaliases of
// functions.
ImageKernel look_at_kernel(const host::Root& root, const ImageContents& image,
                           const std::string& directory, const std::string& release,
                           const std::set<std::string>& kinds, Meter& meter);

// What `configuration` needs of that kernel: vfio-pci, and what is loaded beside it.
std::vector<std::string> wanted_modules(const plan::Configuration& configuration,
                                        const ImageKernel& kernel);

// The variant drivers that `configuration` may load instead of vfio-pci, of those in the image.
std::vector<std::string> variant_modules(const plan::Configuration& configuration,
                                         const ImageKernel& kernel);

// `names` and all their dependencies, each once.
std::vector<std::string> with_needs(const ImageKernel& kernel, std::vector<std::string> names);

}  // namespace verify
