// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who starts vfio-early in an initramfs, and what runs there before that: each kind of init has its
// own place for what comes first.
#pragma once

#include <string>
#include <vector>

#include "verify/image_contents.h"

namespace verify {

enum class Init {
  kNone,     // no /init: a supplementary image, or none at all
  kSystemd,  // dracut's and mkinitcpio's images with systemd
  kDracut,   // dracut's shell
  kInitramfsTools,
  kMkinitcpio,  // busybox
  kOther,
};

struct Before {  // or another obstacle
  std::string what;
  std::string remedy;  // without the rebuilding
};

struct Wiring {
  Init init = Init::kNone;
  std::string program;            // "usr/bin/vfio-early"; "": we are not in it
  std::string started_by;         // the file that does; "": nothing
  bool supplement = false;        // the kernel can start it, with rdinit=/vfio-early
  bool first_process = false;     // only the kernel can
  std::vector<Before> before;     // what runs before us there and would take the card
  std::vector<Before> broken;     // why it would not run, or not do its work, all the same
  std::vector<Before> undecided;  // what may keep it from that, and an image does not tell
};

Wiring find_wiring(const ImageContents& image);

// In words: "systemd", "dracut's shell", …
const char* init_name(Init init);

}  // namespace verify
