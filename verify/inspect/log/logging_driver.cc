// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/log/logging_driver.h"

#include <algorithm>

namespace verify {
namespace {

// The text between `before`, at the start of the line, and the first `after`; "": not found.
std::string_view between(std::string_view line, std::string_view before, const std::string& after) {
  if (!line.starts_with(before)) return {};
  const size_t end = line.find(after, before.size());
  if (end == line.npos) return {};
  return line.substr(before.size(), end - before.size());
}

}  // namespace

std::string logging_driver(std::string_view line, std::string_view address) {
  const std::string where(address);
  // dev_driver_string() in drivers/base/core.c: the driver's name, or the bus's name without a
  // driver.
  std::string_view name = between(line, "", " " + where + ": ");
  // Before Linux 6.8 the driver core puts the driver's name before "probe of".
  if (name.empty()) name = between(line, "", ": probe of " + where + " ");
  // "[drm] Initialized bochs-drm 1.0.0 for 0000:01:00.0 on minor 0" (drm_dev_register)
  if (name.empty()) {
    name = between(line, "[drm] Initialized ", " for " + where + " on minor ");
    name = name.substr(0, name.find(' '));
  }
  // Text with a colon is the prefix of a subsystem ("vfio-early:", "systemd[1]:"). Text with a
  // space is a part of a sentence. Neither is the name of a driver.
  if (name == "pci" || name.find_first_of(": ") != name.npos) return {};
  return std::string(name);
}

bool is_detection(std::string_view line, std::string_view address) {
  // pci_setup_device in drivers/pci/probe.c: "pci 0000:01:00.0: [1234:1111] type 00 class …"
  return line.starts_with("pci " + std::string(address) + ": [") &&
         line.find("] type ") != line.npos;
}

int detection_count(const std::vector<const host::LogLine*>& log, std::string_view address) {
  return static_cast<int>(std::count_if(log.begin(), log.end(), [&](const host::LogLine* line) {
    return is_detection(line->text, address);
  }));
}

}  // namespace verify
