// SPDX-License-Identifier: GPL-2.0-or-later
//
// The prompt for a disk's password in an initramfs: does the next boot from an image ask for one,
// and which displays of the host can show it? A display shows it if its driver is in the image, or
// if the firmware's framebuffer is on it (efifb, simpledrm, VGA text).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "host/root.h"
#include "initramfs/contents.h"
#include "verify/inspect/facts.h"
#include "verify/inspect/image/command_lines.h"
#include "verify/inspect/image/modules.h"

namespace verify {

// A display that no section claims.
struct HostDisplay {
  std::string address;
  bool of_firmware = false;          // the firmware's output is on it
  std::vector<std::string> drivers;  // modules that can drive it
  std::set<std::string> without;     // kernels of the image for which it has none of these modules
};

struct DiskPrompt {
  std::string asked_by;   // what asks: "etc/crypttab of the image"; "": nothing is known to ask
  std::string elsewhere;  // where it can also be answered: "the serial console ttyS0"; "": nowhere
  std::string framebuffer_off;  // the parameter that switches the firmware's framebuffer off
  bool nomodeset = false;       // it keeps drivers from showing anything
  bool knows_firmware_display = false;
  std::vector<HostDisplay> displays;
};

DiskPrompt read_disk_prompt(const host::Root& root, const initramfs::ImageContents& image,
                            const std::vector<ImageKernel>& kernels, const BootLines& boot,
                            const Facts& facts);

}  // namespace verify
