// SPDX-License-Identifier: GPL-2.0-or-later
//
// Remedies whose commands depend on the distribution, the boot loader and the initramfs tool. If
// these are unknown, the remedy describes the change without a command.
#pragma once

#include <string_view>

#include "verify/check/remedy.h"
#include "verify/inspect/platform.h"

namespace verify {

// Of the kernel command line.
Remedy add_parameter(const Platform& platform, std::string_view parameter);
Remedy remove_parameter(const Platform& platform, std::string_view parameter);

Remedy rebuild_image(const Platform& platform);

// The names of a package in the distributions.
struct PackageNames {
  const char* debian;
  const char* fedora;
  const char* arch;
  const char* suse;
};
Remedy install(const Platform& platform, const PackageNames& names);

}  // namespace verify
