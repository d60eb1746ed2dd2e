// SPDX-License-Identifier: GPL-2.0-or-later
//
// modprobe.d(5) in an image, as libkmod reads it when vfio-early loads a module by its name. An
// "alias" line can name a different module. "blacklist" does not apply to a module that is loaded
// by its name, and vfio-early runs no command of an "install" line.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "initramfs/contents.h"

namespace verify {

// A line about a module that vfio-early loads.
struct ModprobeRule {
  std::string what;      // "etc/modprobe.d/x.conf:1: install vfio-pci /bin/false"
  std::string module;    // "vfio_pci"
  bool ignored = false;  // vfio-early ignores it; false: it may prevent the module's loading
};

// `modules`: all modules that vfio-early loads, with underscores in their names.
std::vector<ModprobeRule> modprobe_rules(const initramfs::ImageContents& image,
                                         const std::set<std::string>& modules);

}  // namespace verify
