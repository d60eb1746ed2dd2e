// SPDX-License-Identifier: GPL-2.0-or-later
//
// Exit codes of vfio-verify.
#pragma once

namespace verify {

inline constexpr int kExitPass = 0;
inline constexpr int kExitFail = 1;
inline constexpr int kExitUnknown = 2;
inline constexpr int kExitUsage = 64;  // EX_USAGE of sysexits.h

}  // namespace verify
