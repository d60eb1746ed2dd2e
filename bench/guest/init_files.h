// SPDX-License-Identifier: GPL-2.0-or-later
//
// What vfio-bench and the first process of a guest with this machine's root agree upon.
#pragma once

namespace bench {

// The 9p shares: this machine's root, and the kernel's directory below lib/modules.
inline constexpr const char* kRootTag = "vfio-bench-root";
inline constexpr const char* kModulesTag = "vfio-bench-modules";

// In the initramfs: module files in the order in which they are loaded, a line each; and the
// programs in /jobs, a line each, with their arguments behind tabs.
inline constexpr const char* kModuleList = "/modules.list";
inline constexpr const char* kJobList = "/jobs.list";

// Where the programs' output goes: the console has the kernel's messages in it.
inline constexpr const char* kReportPort = "/dev/ttyS1";

}  // namespace bench
