// SPDX-License-Identifier: GPL-2.0-or-later
//
// Remedies whose commands depend on the distribution, the boot loader and the initramfs generator:
// those of the table of platforms (verify/inspect/platforms.h).
#pragma once

#include <string_view>

#include "verify/check/remedy.h"
#include "verify/inspect/platform.h"

namespace verify {

// Of the kernel command line. Several parameters are separated by spaces.
Remedy add_parameter(const Platform& platform, std::string_view parameters);
Remedy remove_parameter(const Platform& platform, std::string_view parameters);

// For an image that has vfio-early, and for one into which it must get first. `file`: the image;
// "": those of all installed kernels.
Remedy rebuild_image(const Platform& platform);
Remedy include_in_image(const Platform& platform, std::string_view file = {});

// Adds a driver to the images.
Remedy include_module(const Platform& platform, std::string_view module);

// The names of a package in the distributions.
struct PackageNames {
  const char* debian;
  const char* fedora;
  const char* arch;
  const char* suse;
};
Remedy install(const Platform& platform, const PackageNames& names);

}  // namespace verify
