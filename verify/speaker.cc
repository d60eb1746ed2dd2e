// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/speaker.h"

#include <algorithm>

namespace verify {
namespace {

// What stands between `before` (at the start of the line) and the first `after`; "" if they do not
// stand there.
std::string_view between(std::string_view line, std::string_view before, const std::string& after) {
  if (!line.starts_with(before)) return {};
  const size_t end = line.find(after, before.size());
  if (end == line.npos) return {};
  return line.substr(before.size(), end - before.size());
}

}  // namespace

std::string speaker(std::string_view line, std::string_view address) {
  const std::string where(address);
  // dev_driver_string (drivers/base/core.c): the driver's name, or the bus's where there is none.
  std::string_view name = between(line, "", " " + where + ": ");
  // Before Linux 6.8 the driver core says it the other way round.
  if (name.empty()) name = between(line, "", ": probe of " + where + " ");
  // "[drm] Initialized bochs-drm 1.0.0 for 0000:01:00.0 on minor 0" (drm_dev_register)
  if (name.empty()) {
    name = between(line, "[drm] Initialized ", " for " + where + " on minor ");
    name = name.substr(0, name.find(' '));
  }
  // With a colon it is a subsystem's prefix ("vfio-early:", "systemd[1]:"), with a space the middle
  // of a sentence, and neither a driver's name.
  if (name == "pci" || name.find_first_of(": ") != name.npos) return {};
  return std::string(name);
}

bool is_appearance(std::string_view line, std::string_view address) {
  // pci_setup_device in drivers/pci/probe.c: "pci 0000:01:00.0: [1234:1111] type 00 class …"
  return line.starts_with("pci " + std::string(address) + ": [") &&
         line.find("] type ") != line.npos;
}

int appearances(const std::vector<const host::LogLine*>& log, std::string_view address) {
  return static_cast<int>(std::count_if(log.begin(), log.end(), [&](const host::LogLine* line) {
    return is_appearance(line->text, address);
  }));
}

}  // namespace verify
