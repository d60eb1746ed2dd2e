// SPDX-License-Identifier: GPL-2.0-or-later
//
// A unified kernel image: one EFI program in whose sections a kernel, its initramfs and its command
// line travel (uapi-group.org/specifications/specs/unified_kernel_image).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/root.h"

namespace verify {

bool is_unified_image(std::string_view file);

// What the section holds (".initrd", ".cmdline"); nothing where there is none, or the file is cut
// off.
std::optional<std::string_view> section_of(std::string_view file, std::string_view name);

// The text of a short section, of a file that is not read whole; "": missing, or not read.
std::string read_section(const host::Root& root, const std::string& path, std::string_view name);

}  // namespace verify
