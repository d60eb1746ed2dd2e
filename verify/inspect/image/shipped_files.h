// SPDX-License-Identifier: GPL-2.0-or-later
//
// The units, hooks and scripts of this version, which generators copy into images. They are
// compiled into the program (cmake/ShippedFiles.cmake), to compare the copies in an image byte for
// byte.
#pragma once

#include <string_view>

namespace verify {

// `name`: a path in the source tree, "systemd/vfio-early-gate.service". "": unknown name.
std::string_view shipped_text(std::string_view name);

}  // namespace verify
