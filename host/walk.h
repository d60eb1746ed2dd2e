// SPDX-License-Identifier: GPL-2.0-or-later
//
// What openat2(2) with RESOLVE_IN_ROOT does, for where that call is forbidden:
// systemd-udevd.service has RestrictSUIDSGID=yes, whose seccomp filter answers openat2 with ENOSYS,
// since it cannot look into the call's arguments (systemd, src/shared/seccomp-util.c).
#pragma once

#include <string>

#include "host/fd.h"

namespace host {

// Opens `path` as if the directory `root` were "/": links and ".." stay below it. `flags` and
// `mode` as for open(2), O_CLOEXEC is added. No descriptor: errno says why.
Fd open_by_components(int root, const std::string& path, int flags, unsigned mode);

}  // namespace host
