// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/framebuffers.h"

#include <algorithm>

#include "host/framebuffer.h"
#include "host/text.h"

namespace early::hand_over {

host::Result<void> note_framebuffers(const host::Root& root, HandOver& hand_over) {
  for (const HandedFunction& function : hand_over.functions) {
    const auto names = host::read_overlapping_framebuffers(root, function.address);
    if (!names && !host::is_absent(names.error())) return names.error();
    for (const host::FramebufferDriver& known : host::kFramebufferDrivers) {
      if (!names || !host::contains(*names, known.region)) continue;
      const std::string device = std::string("/sys/bus/platform/devices/") + known.device;
      const std::string driver = root.link_name(device + "/driver");
      if (!driver.empty()) hand_over.framebuffers.push_back(known.device + (" " + driver));
    }
  }
  return {};
}

}  // namespace early::hand_over
