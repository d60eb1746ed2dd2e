// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of files with kernel command lines that a capture keeps: the parameters of
// parameters.h. Each function takes the content of a file and returns its replacement.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// /proc/cmdline and /etc/kernel/cmdline; GRUB_CMDLINE_* of /etc/default/grub; "options" of boot
// loader entries (uapi-group.org, Boot Loader Specification).
std::string kept_command_line(std::string_view text, Anonymiser& anonymiser);
std::string kept_grub(std::string_view text, Anonymiser& anonymiser);
std::string kept_boot_entry(std::string_view text, Anonymiser& anonymiser);
// Hides the values that the functions above do not keep.
void learn_command_line(std::string_view text, Anonymiser& anonymiser);
void learn_grub(std::string_view text, Anonymiser& anonymiser);
void learn_boot_entry(std::string_view text, Anonymiser& anonymiser);

// The boot loader's EFI variables: only the name of a known boot loader (host/boot_loader.h).
std::string kept_loader(std::string_view bytes, Anonymiser& anonymiser);

}  // namespace verify::capture
