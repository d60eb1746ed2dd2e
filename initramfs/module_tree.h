// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of a kernel's module directory that vfio-early puts into an image: some modules with all
// their dependencies, and the indexes in which libkmod finds only these. The modules are not
// compressed; a signature at the end of a module is kept.
#pragma once

#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace initramfs {

struct ModuleTree {
  struct File {
    std::string path;  // below the module directory: "kernel/drivers/vfio/vfio.ko"
    std::string text;
  };
  std::vector<File> files;
  std::vector<std::string> modules;  // their names, in alphabetical order
};

// `names` with their dependencies and softdeps from `directory`, where depmod has run. The indexes
// also have the built-in modules that vfio-early needs. ENOENT: a module is missing. ENOEXEC: it is
// for another kernel than `release`.
host::Result<ModuleTree> pick_modules(const host::Root& root, const std::string& directory,
                                      const std::string& release,
                                      const std::vector<std::string>& names);

}  // namespace initramfs
