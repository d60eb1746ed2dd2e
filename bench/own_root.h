// SPDX-License-Identifier: GPL-2.0-or-later
//
// A guest without its own image: it boots this machine's kernel, and has this machine's root
// read-only over 9p, with its drivers, firmware and Mesa. The share contains everything: the memory
// that the guest mounts over /root and /home does not stop a guest that wants to read them. The
// guest also gets an initramfs with bench/guest's init and the programs to run, which is written
// here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/child.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

// A program of this project that the guest runs: its file, and its arguments.
using Job = host::Command;

struct OwnRoot {
  std::string kernel;   // "/boot/vmlinuz-6.12.117+deb12-amd64"
  std::string modules;  // "/lib/modules/6.12.117+deb12-amd64"

  std::string release() const;

  // QEMU's arguments that share the root and the modules.
  host::Command shares() const;
};

// If `kernel` or `modules` is empty, the running kernel's is used. The error lists the paths that
// were tried.
host::Result<OwnRoot> find_own_root(const host::Root& root, OwnRoot wanted);

// The files that `modprobe --show-depends` lists for loading, in order, each once.
std::vector<std::string> files_to_load(std::string_view text);

// Writes the guest's initramfs to `file`: `init` as its first process, `jobs`, and the modules that
// are needed to read the root.
host::Result<void> write_initramfs(const OwnRoot& own, const std::string& init,
                                   const std::vector<Job>& jobs, const std::string& file);

}  // namespace bench
