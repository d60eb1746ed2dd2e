// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/framebuffer.h"

#include <algorithm>
#include <iterator>

#include "host/io_memory.h"
#include "host/text.h"

namespace host {
namespace {

bool is_device_region(std::string_view name) {
  return std::find(std::begin(kDeviceRegions), std::end(kDeviceRegions), name) !=
         std::end(kDeviceRegions);
}

}  // namespace

bool is_framebuffer_region(std::string_view name) {
  return is_device_region(name) ||
         std::any_of(std::begin(kFramebufferDrivers), std::end(kFramebufferDrivers),
                     [&](const FramebufferDriver& driver) { return name == driver.region; });
}

bool holds_device_region(const std::vector<std::string>& regions) {
  return std::any_of(regions.begin(), regions.end(), is_device_region);
}

bool holds_bootfb(const std::vector<std::string>& regions) {
  return std::find(regions.begin(), regions.end(), kBootFb) != regions.end();
}

const char* initcall_of(const std::vector<std::string>& regions) {
  const bool of_coreboot = std::any_of(regions.begin(), regions.end(), [](const auto& name) {
    return name != kBootFb && (is_device_region(name) || name == "corebootdrm");
  });
  return of_coreboot ? "framebuffer_driver_init" : "sysfb_init";
}

bool is_initcall_blacklisted(const CommandLine& line, std::string_view initcall) {
  return line.value_with_word("initcall_blacklist", initcall).has_value();
}

std::vector<std::string> overlapping_framebuffers(std::string_view iomem, std::string_view resource,
                                                  const PciAddress& address) {
  return IoMemory(iomem).overlapping_framebuffers(resource, address);
}

Result<std::vector<std::string>> read_overlapping_framebuffers(const Root& root,
                                                               const PciAddress& address) {
  return read_overlapping_framebuffers(root, address, IoMemory::read(root));
}

}  // namespace host
