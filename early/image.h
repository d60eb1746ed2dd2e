// SPDX-License-Identifier: GPL-2.0-or-later
//
// The supplementary initramfs, for who has no generator that knows us, or wants none: our program,
// the configuration and the modules, to be loaded beside any image. Its program becomes the first
// process with rdinit=/vfio-early (first_process.h) and finds there a small root of its own.
//
// Nothing in it can get in the way of the main image's files: it has two names at the top.
#pragma once

#include <string>

#include "early/commands.h"
#include "early/module_tree.h"
#include "host/root.h"

namespace early {

inline constexpr const char* kImageProgram = "vfio-early";
inline constexpr const char* kImageRoot = "vfio-early.d";  // the small root

// What goes in.
struct Ingredients {
  std::string program;
  struct File {
    std::string path;  // in the small root: "/etc/vfio-early.conf"
    std::string text;
  };
  std::vector<File> files;
  std::string release;
  ModuleTree modules;
};

// The archive, not compressed.
std::string pack_image(const Ingredients& ingredients);

// The command.
int write_image(const host::Root& root, const Options& options);

}  // namespace early
