// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify after-update`, which a systemd unit starts in every boot. It compares kernel,
// firmware and IOMMUs with those of the last boot. If they are the same, it prints nothing. If they
// differ, it prints what has changed and which checks fail now.
//
// Its passport files are not the file of `vfio-verify save`, which the user may compare with more
// than once.
#pragma once

#include <string>
#include <vector>

#include "host/result.h"
#include "verify/passport/passport.h"

namespace verify {

inline constexpr const char* kLastPassportFile = "/var/lib/vfio-early/last-boot.json";
// The last boot's passport from before the last update, for `vfio-verify diff FILE`.
inline constexpr const char* kBeforeUpdateFile = "/var/lib/vfio-early/before-update.json";

// True if the kernel, the firmware, its tables or the IOMMUs differ from those of `before`.
// `head`: see take_passport_head().
bool is_updated(const Passport& before, const Passport& head);

}  // namespace verify
