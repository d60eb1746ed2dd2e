// SPDX-License-Identifier: GPL-2.0-or-later
//
// A unified kernel image: an EFI program whose sections contain a kernel, its initramfs and its
// command line (uapi-group.org/specifications/specs/unified_kernel_image).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/root.h"

namespace verify {

bool is_unified_image(std::string_view file);

// The content of a section (".initrd", ".cmdline"); nullopt: no such section, or the file is cut
// off.
std::optional<std::string_view> section_of(std::string_view file, std::string_view name);

// The text of a short section, without reading the whole file; "": missing, or not readable.
std::string read_section(const host::Root& root, const std::string& path, std::string_view name);

}  // namespace verify
