// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/module_directory.h"

namespace host {
namespace {

// NixOS has no /lib/modules: the first two are of the booted system, and of the one that the next
// boot starts. The last is Guix System's.
constexpr const char* kElsewhere[] = {"/run/booted-system/kernel-modules",
                                      "/nix/var/nix/profiles/system/kernel-modules",
                                      "/run/booted-system/kernel"};

}  // namespace

std::string find_module_directory(const Root& root, const std::string& release) {
  std::string usual = "/lib/modules/" + release;
  if (root.exists(usual)) return usual;
  for (const char* top : kElsewhere)
    if (std::string directory = top + usual; root.exists(directory)) return directory;
  return usual;
}

}  // namespace host
