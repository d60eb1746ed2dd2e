// SPDX-License-Identifier: GPL-2.0-or-later
//
// What started this kernel: who is told where an image lies, and what the kernel's command line is.
#pragma once

#include "host/root.h"

namespace host {

enum class BootLoader { kOther, kGrub, kSystemdBoot, kRefind, kUnifiedImage };

// What the EFI variables say, else what is installed. A unified kernel image counts as such,
// whoever started it: it has its command line and its initramfs in itself.
BootLoader find_boot_loader(const Root& root);

bool has_secure_boot(const Root& root);

}  // namespace host
