// SPDX-License-Identifier: GPL-2.0-or-later
//
// Programs that are run for a story: QEMU, and the scripts that build its images.
//
// What must hold: no process outlives its time limit or the test program, and KVM is used only
// where a guest has come up under it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "host/process.h"

namespace lab {

using host::Command;
using host::Ending;
using host::quoted;

// Appends the words of `text`, which spaces separate. A path may contain spaces: append it alone.
void add(Command& command, const std::string& text);

// host::run; throws std::system_error where no process can be made.
Ending run(const Command& command, const std::filesystem::path& out,
           const std::filesystem::path& err, std::chrono::seconds limit);

// "tcg", or "kvm" where it is proven to work; VFIO_EARLY_ACCEL overrides. `vmlinux` is booted for
// the proof, whose outcome is kept in `directory`.
std::string accelerator(const std::filesystem::path& vmlinux,
                        const std::filesystem::path& directory);

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace lab
