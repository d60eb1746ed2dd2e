// SPDX-License-Identifier: GPL-2.0-or-later
//
// The release of a kernel's file, and parts of a large file such as a kernel or a unified image.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/root.h"

namespace verify {

// At most `size` bytes from `offset`; fewer at the end of the file, none if it cannot be read.
std::string read_part(const host::Root& root, const std::string& path, uint64_t offset,
                      size_t size);

// The release, such as "6.12.0-amd64". `head`: the first kKernelHead bytes of the file; "": not an
// x86 kernel.
inline constexpr size_t kKernelHead = size_t{64} << 10;
std::string kernel_release_of(std::string_view head);

// "6.12.0-amd64" for "/vmlinuz-6.12.0-amd64" and for "/TOKEN/6.12.0-amd64/linux" of
// kernel-install(8); "": the path has no release.
std::string kernel_release_in(std::string_view path);

}  // namespace verify
