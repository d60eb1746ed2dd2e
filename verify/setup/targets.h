// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of targets: what `setup --for TARGET` prints.
#pragma once

#include <span>
#include <string_view>

#include "verify/setup/guest.h"

namespace verify {

struct Target {
  const char* name;
  const char* documentation;  // of what is printed
  void (*add_guest)(const GivenCard& card, Steps& steps);
  // The platform whose commands the earlier steps have (host/platform/platforms.h); nullptr: that
  // of this machine.
  const char* platform = nullptr;
  bool runs_vfio_early = true;  // false: no section and no image
};

std::span<const Target> targets();

// Returns nullptr if no target has this name.
const Target* target_named(std::string_view name);

}  // namespace verify
