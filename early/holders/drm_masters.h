// SPDX-License-Identifier: GPL-2.0-or-later
//
// The DRM master of a display: the program that sets its modes, a compositor or Xorg. A compositor
// opens the display through logind, so that logind counts as the master: the compositor has the
// same open file.
#pragma once

#include <string_view>
#include <vector>

#include "early/holders/device_nodes.h"
#include "early/holders/holder.h"

namespace early::holders {

// The processes that are master, of the content of …/dri/N/clients in debugfs. Pure.
std::vector<int> masters_in(std::string_view clients);

// Sets is_drm_master of the holders. Without debugfs none is set.
void mark_drm_masters(const host::Root& root, const DeviceNodes& nodes, Holders& holders);

}  // namespace early::holders
