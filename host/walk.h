// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does what openat2(2) with RESOLVE_IN_ROOT does, where that call is not allowed:
// systemd-udevd.service has RestrictSUIDSGID=yes, whose seccomp filter lets openat2 fail with
// ENOSYS, since a filter cannot read the call's arguments (systemd, src/shared/seccomp-util.c).
#pragma once

#include <string>

#include "host/fd.h"

namespace host {

// Links in one path, after which the kernel reports ELOOP: MAXSYMLINKS in include/linux/namei.h.
inline constexpr int kMaxLinks = 40;

// Opens `path` as if the directory `root` were "/": links and ".." do not lead out of it. `flags`
// and `mode` as for open(2); O_CLOEXEC is added. On failure the result is not valid, and errno is
// set.
Fd open_by_components(int root, const std::string& path, int flags, unsigned mode);

}  // namespace host
