// SPDX-License-Identifier: GPL-2.0-or-later
//
// The other units that an image's systemd starts: which of them conflict with the units of
// vfio-early, and which load drivers before these or at the same time.
#pragma once

#include <string>
#include <vector>

#include "initramfs/contents.h"
#include "verify/inspect/image/startup.h"

namespace verify {

struct OwnUnits {
  std::string gate, bind;
  // The targets that systemd starts, the first one first; the last one wants the gate.
  std::vector<std::string> targets;
};

void inspect_other_units(const initramfs::ImageContents& image, const OwnUnits& own,
                         Startup& startup);

}  // namespace verify
