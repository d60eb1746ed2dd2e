// SPDX-License-Identifier: GPL-2.0-or-later
//
// Remedies whose commands depend on the distribution, the boot loader and the initramfs generator:
// those of the table of platforms (host/platform/platforms.h).
#pragma once

#include <string_view>

#include "host/platform/platform.h"
#include "verify/check/remedy.h"

namespace verify {

// Of the kernel command line. Several parameters are separated by spaces.
Remedy add_parameter(const host::Platform& platform, std::string_view parameters);
Remedy remove_parameter(const host::Platform& platform, std::string_view parameters);
Remedy replace_parameter(const host::Platform& platform, std::string_view parameter,
                         std::string_view by);

// For an image that has vfio-early, and for one into which it must get first. `file`: the image;
// "": those of all installed kernels.
Remedy rebuild_image(const host::Platform& platform);
Remedy include_in_image(const host::Platform& platform, std::string_view file = {});

// Adds a driver to the images.
Remedy include_module(const host::Platform& platform, std::string_view module);

// The names of a package in the distributions.
struct PackageNames {
  const char* debian;
  const char* fedora;
  const char* arch;
  const char* suse;
};
Remedy install(const host::Platform& platform, const PackageNames& names);

}  // namespace verify
