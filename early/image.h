// SPDX-License-Identifier: GPL-2.0-or-later
//
// The supplementary initramfs, for users who have no initramfs generator with a hook for
// vfio-early, or do not want one. It has this program, the configuration and the modules, and is
// loaded beside any image. With rdinit=/vfio-early its program is the first process
// (first_process.h) and uses the small root in it.
//
// It cannot conflict with files of the main image: it has only two names at the top.
#pragma once

#include <string>

#include "early/commands.h"
#include "host/root.h"
#include "initramfs/module_tree.h"

namespace early {

inline constexpr const char* kImageProgram = "vfio-early";
inline constexpr const char* kImageRoot = "vfio-early.d";  // the small root

// The content of an image.
struct ImageInput {
  std::string program;
  struct File {
    std::string path;  // in the small root: "/etc/vfio-early.conf"
    std::string text;
  };
  std::vector<File> files;
  std::string release;
  initramfs::ModuleTree modules;
};

// The archive, not compressed.
std::string pack_image(const ImageInput& image_input);

// The command `vfio-early image`.
int write_image(const host::Root& root, const Options& options);

}  // namespace early
