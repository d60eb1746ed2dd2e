// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text files that depmod writes into a kernel's module directory (modules.dep(5)), read once.
// Names of modules are as in the kernel: "vfio_pci".
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace initramfs {

struct ModuleLists {
  struct Module {
    std::string path;                  // in the directory: "kernel/drivers/vfio/vfio.ko.xz"
    std::vector<std::string> depends;  // the paths of its dependencies, nearest first
  };
  struct Alias {
    std::string pattern;  // "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*"
    std::string module;
  };
  struct Softdep {
    std::vector<std::string> modules;  // to be loaded before or after
    std::string line;                  // of modules.softdep
  };
  std::map<std::string, Module, std::less<>> modules;
  std::set<std::string, std::less<>> built_in;
  std::vector<Alias> aliases;
  std::multimap<std::string, Softdep, std::less<>> softdeps;  // by the module that has them
};

// The text of each file; "": it is missing.
struct ModuleListTexts {
  std::string dep = {}, built_in = {}, alias = {}, softdep = {};
};

// A module whose path leads out of its directory is left out: the files may be hostile, and the
// paths become names of files that are written.
ModuleLists parse_module_lists(const ModuleListTexts& texts);

inline constexpr size_t kMaxModuleList = size_t{64} << 20;  // a large kernel's have some 2 MB

// The error is that of modules.dep; the other files may be missing.
host::Result<ModuleLists> read_module_lists(const host::Root& root, const std::string& directory);

}  // namespace initramfs
