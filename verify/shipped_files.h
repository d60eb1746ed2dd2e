// SPDX-License-Identifier: GPL-2.0-or-later
//
// The units, hooks and scripts that this version installs and that generators copy into images,
// compiled in (cmake/ShippedFiles.cmake): an image's copy is compared with them byte for byte.
#pragma once

#include <string_view>

namespace verify {

// `name`: from the top of the source tree, "systemd/vfio-early-gate.service"; "" for any other.
std::string_view shipped_text(std::string_view name);

}  // namespace verify
