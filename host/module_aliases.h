// SPDX-License-Identifier: GPL-2.0-or-later
//
// The modules that match a PCI function, from the kernel's modules.alias (depmod(8)). libkmod reads
// modules.alias.bin, which a captured tree does not have.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/alias.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

class ModuleAliases {
 public:
  // The aliases of the kernel `release`, "6.12.117+deb12-amd64".
  static Result<ModuleAliases> read(const Root& root, const std::string& release);

  // The modules for a function's `modalias` file, each once.
  std::vector<std::string> modules_for(const std::string& modalias) const;

 private:
  std::vector<std::pair<PciAlias, std::string>> aliases_;    // with their modules
  std::vector<std::pair<std::string, std::string>> others_;  // in a different form
};

}  // namespace host
