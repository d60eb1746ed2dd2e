// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/speaker.h"

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

int appearances(const std::vector<host::LogLine>& log, std::string_view address) {
  // pci_setup_device in drivers/pci/probe.c: "pci 0000:01:00.0: [1234:1111] type 00 class …"
  const std::string found = "pci " + std::string(address) + ": [";
  int count = 0;
  for (const host::LogLine& line : log)
    if (line.text.starts_with(found) && line.text.find("] type ") != line.text.npos) ++count;
  return count;
}

}  // namespace verify
