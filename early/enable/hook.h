// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hook that includes vfio-early in the images. initramfs-tools and dracut run the installed
// hook by themselves; mkinitcpio runs only those that are in HOOKS.
#pragma once

#include <optional>

#include "early/enable/change.h"
#include "host/platform/platform.h"
#include "host/result.h"
#include "host/root.h"

namespace early::enable {

// nullopt: nothing is missing. The error says what prevents a drop-in from being enough.
host::Result<std::optional<FileChange>> add_hook(const host::Root& root,
                                                 const host::Platform& platform);

}  // namespace early::enable
