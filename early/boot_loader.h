// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is to load a supplementary image, and what its owner has to write for that.
#pragma once

#include <optional>
#include <string>

#include "host/boot_loader.h"

namespace early {

using host::BootLoader;

// "grub", "systemd-boot", "refind", "uki", "other": as --loader takes them.
std::optional<BootLoader> parse_boot_loader(const std::string& name);

// Does it put the image in front of the main one, and on a multiple of four bytes? There an archive
// must not be compressed: the kernel looks for microcode in what lies before the first compressed
// one only (find_cpio_data in lib/earlycpio.c). Behind a main image of any length it must be.
bool comes_first(BootLoader loader);

// What to do with the image `file` for the kernel `release`, in words and lines to copy.
std::string how_to_load(BootLoader loader, bool secure_boot, const std::string& file,
                        const std::string& release);

}  // namespace early
