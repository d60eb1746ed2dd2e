// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot loader that started this kernel. How an additional image is loaded and where the kernel
// command line is set depend on it.
#pragma once

#include "host/root.h"

namespace host {

enum class BootLoader { kOther, kGrub, kSystemdBoot, kRefind, kUnifiedImage, kLimine, kNixos };

// kNixos: on NixOS, whichever boot loader it is, the configuration of the system generates its
// entries. Otherwise decides by the EFI variables; if they do not say, by the installed files. A
// unified kernel image is kUnifiedImage whichever program started it: it contains its command line
// and its initramfs.
BootLoader find_boot_loader(const Root& root);

bool has_secure_boot(const Root& root);

}  // namespace host
