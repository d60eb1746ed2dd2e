// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names that vfio-bench and the first process of a guest with this machine's root share.
#pragma once

namespace bench {

// The 9p shares: this machine's root, and the kernel's directory below lib/modules.
inline constexpr const char* kRootTag = "vfio-bench-root";
inline constexpr const char* kModulesTag = "vfio-bench-modules";

// In the initramfs: the module files in loading order, one a line; and the programs of /jobs, one a
// line, followed by their arguments, separated by tabs.
inline constexpr const char* kModuleList = "/modules.list";
inline constexpr const char* kJobList = "/jobs.list";

// The port for the programs' output: the console also carries the kernel's messages.
inline constexpr const char* kReportPort = "/dev/ttyS1";

}  // namespace bench
