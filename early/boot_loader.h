// SPDX-License-Identifier: GPL-2.0-or-later
//
// Instructions for loading a supplementary image with each boot loader.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "host/boot_loader.h"

namespace early {

using host::BootLoader;

// "grub", "systemd-boot", "refind", "uki", "other": as --loader takes them.
std::span<const char* const> boot_loader_names();
std::optional<BootLoader> parse_boot_loader(const std::string& name);

// Does it load the image before the main one, at a multiple of four bytes? There an archive must
// not be compressed: the kernel looks for microcode only before the first compressed archive
// (find_cpio_data in lib/earlycpio.c). After a main image, which may have any length, it must be.
bool is_loaded_first(BootLoader loader);

// How to load the image `file` with the kernel `release`: sentences, and lines to copy.
std::string loading_instructions(BootLoader loader, bool secure_boot, const std::string& file,
                                 const std::string& release);

}  // namespace early
