// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace host {

// The version of this project, for example "1.0.0": CMakeLists.txt's. It is compiled into one file,
// so that a release does not compile all others again.
extern const char* const kVersion;

}  // namespace host
