// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs programs for a test: QEMU, and the scripts that build its images.
//
// What must hold: no process outlives its time limit or the test program, and KVM is used only if a
// guest has booted under it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "bench/qemu.h"
#include "host/child.h"

namespace lab {

using bench::add;
using host::Command;
using host::quoted;

struct RunResult {
  bool in_time = false;  // false: it was killed at the time or the output limit
  int status = -1;       // the exit status; 127: program not found; -1: a signal
  std::chrono::milliseconds took{0};
};

// Runs a program of the developer's $PATH, in the same environment. Standard output and error go to
// the files `out` and `err`. Throws std::system_error if the program cannot be started.
RunResult run(const Command& command, const std::filesystem::path& out,
              const std::filesystem::path& err, std::chrono::seconds limit);

// "kvm" if a guest boots under it, else "tcg"; VFIO_EARLY_ACCEL overrides. Boots `vmlinux` to find
// out, and caches the result in `directory`.
std::string accelerator(const std::filesystem::path& vmlinux,
                        const std::filesystem::path& directory);

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace lab
