// SPDX-License-Identifier: GPL-2.0-or-later
//
// A guest without an image of its own: it boots this machine's kernel, and has this machine's root
// read-only over 9p, with the drivers, the firmware and the Mesa in there. (All of it: what the
// guest mounts over /root and /home keeps nothing from a guest that means to read it.) What it
// takes besides, an initramfs with bench/guest's init and the programs to run, is made here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/child.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

// A program of ours for the guest to run: its file, and its arguments.
using Job = host::Command;

struct OwnRoot {
  std::string kernel;   // "/boot/vmlinuz-6.12.117+deb12-amd64"
  std::string modules;  // "/lib/modules/6.12.117+deb12-amd64"

  std::string release() const;

  // The arguments of QEMU that share the root and the modules.
  host::Command shares() const;
};

// The running kernel's own where `kernel` or `modules` is empty. The error says where it was looked
// for.
host::Result<OwnRoot> find_own_root(const host::Root& root, OwnRoot wanted);

// What `modprobe --show-depends` says is to be loaded: the files, in order, each once.
std::vector<std::string> files_to_load(std::string_view text);

// Writes the guest's initramfs to `file`: `init` as its first process, `jobs`, and the modules that
// reading the root takes.
host::Result<void> write_initramfs(const OwnRoot& own, const std::string& init,
                                   const std::vector<Job>& jobs, const std::string& file);

}  // namespace bench
