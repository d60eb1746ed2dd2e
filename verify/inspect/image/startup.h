// SPDX-License-Identifier: GPL-2.0-or-later
//
// What starts vfio-early in an initramfs, and what runs before it. Each kind of init has its own
// kind of unit, hook or script that runs first.
#pragma once

#include <string>
#include <vector>

#include "initramfs/contents.h"

namespace verify {

enum class Init {
  kNone,     // no /init: a supplementary image, or not an initramfs
  kSystemd,  // dracut's and mkinitcpio's images with systemd
  kDracut,   // dracut's shell
  kInitramfsTools,
  kMkinitcpio,  // busybox
  kBooster,
  kOther,
};

// Something that runs before vfio-early, or another obstacle.
struct StartupProblem {
  std::string what;
  std::string remedy;   // without the command that rebuilds the image
  bool certain = true;  // of `before`; false: it may load drivers
};

struct Startup {
  Init init = Init::kNone;
  std::string program;                 // "usr/bin/vfio-early"; "": vfio-early is not in the image
  std::string started_by;              // the file that starts it; "": none
  bool supplement = false;             // the kernel can start it, with rdinit=/vfio-early
  bool first_process = false;          // only the kernel can start it
  std::vector<StartupProblem> before;  // what runs before vfio-early and would take the card
  std::vector<StartupProblem> broken;  // why vfio-early does not run, or does not work
  // Why it may not run, which cannot be decided from an image.
  std::vector<StartupProblem> undecided;
};

Startup find_startup(const initramfs::ImageContents& image);

// For messages: "systemd", "dracut's shell", …
const char* init_name(Init init);

}  // namespace verify
