// SPDX-License-Identifier: GPL-2.0-or-later
//
// modprobe.d(5) in an image, as libkmod reads it when vfio-early loads a module by its name.
// libkmod uses "install" and "alias" lines, but ignores "blacklist"
// (kmod_module_probe_insert_module without flags).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "initramfs/contents.h"

namespace verify {

struct ModprobeObstacle {
  std::string what;     // "etc/modprobe.d/x.conf: install vfio-pci /bin/false"
  std::string module;   // the module that may not be loaded: "vfio_pci"
  bool certain = true;  // false: it depends on the command, or on a different module
};

// `modules`: all modules that vfio-early loads, with underscores in their names.
std::vector<ModprobeObstacle> modprobe_obstacles(const initramfs::ImageContents& image,
                                                 const std::set<std::string>& modules);

}  // namespace verify
