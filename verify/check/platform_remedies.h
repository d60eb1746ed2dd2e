// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of remedies. They depend on the distribution, the boot loader and the initramfs
// tool. If these are unknown, the remedy describes the change without a command.
#pragma once

#include <string>
#include <string_view>

#include "verify/inspect/platform.h"

namespace verify {

// Each returns a text in the form of Finding::remedy: words, then commands on lines of their own.
std::string add_parameter(const Platform& platform, std::string_view parameter);
std::string remove_parameter(const Platform& platform, std::string_view parameter);

std::string rebuild_image(const Platform& platform);

// The names of a package in the distributions.
struct PackageNames {
  const char* debian;
  const char* fedora;
  const char* arch;
  const char* suse;
};
std::string install(const Platform& platform, const PackageNames& names);

// "  command" on a line of its own.
std::string command(std::string_view line);

}  // namespace verify
