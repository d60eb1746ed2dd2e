// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of a kernel's module directory that an image of ours carries: some modules with all that
// they depend on, not compressed (the image is, as a whole, and a signature at a module's end stays
// where it is), and the indexes in which libkmod finds these, and nothing else.
#pragma once

#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace early {

struct ModuleTree {
  struct File {
    std::string path;  // below the module directory: "kernel/drivers/vfio/vfio.ko"
    std::string text;
  };
  std::vector<File> files;
  std::vector<std::string> modules;  // their names, in alphabetical order
};

// `names` with their dependencies and softdeps from `directory`, which depmod has been over; what
// is built into the kernel is known to the indexes. ENOENT: a module is not there. ENOEXEC: it is
// for another kernel than `release`.
host::Result<ModuleTree> pick_modules(const host::Root& root, const std::string& directory,
                                      const std::string& release,
                                      const std::vector<std::string>& names);

}  // namespace early
