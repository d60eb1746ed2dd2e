// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify after-update`, which a unit starts in every boot: is this kernel, or this firmware,
// another one than in the boot before? If not, which is the rule, nothing is said and little was
// read. If it is: what has changed, and what is wrong now.
//
// It keeps a passport of its own. The one that `save` made is its owner's, who wants to compare
// with it after the update, and more than once.
#pragma once

#include <string>
#include <vector>

#include "host/result.h"
#include "verify/passport.h"

namespace verify {

inline constexpr const char* kLastPassportFile = "/var/lib/vfio-early/last-boot.json";
// What that was before the last update, for whoever wants to hear it again (vfio-verify diff FILE).
inline constexpr const char* kBeforeUpdateFile = "/var/lib/vfio-early/before-update.json";

// Are kernel, firmware, its tables and the IOMMUs those of `before`? `head`: see
// take_passport_head().
bool is_updated(const Passport& before, const Passport& head);

}  // namespace verify
