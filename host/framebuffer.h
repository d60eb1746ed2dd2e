// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boot framebuffers: what the kernel draws on before any graphics driver is there. While one lies
// over a BAR of a function, no guest gets at that BAR.
//
// The judge is /proc/iomem. /proc/fb is empty where a BOOTFB blocks, and a platform device alone
// proves nothing: it remains, harmless, after its driver was unbound.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

// The regions that the platform device itself holds, which outlive its driver: "BOOTFB" where the
// kernel was built with SYSFB_SIMPLEFB (drivers/firmware/sysfb_simplefb.c), and a device's own name
// under coreboot (drivers/firmware/google/framebuffer-coreboot.c).
inline constexpr const char* kBootFb = "BOOTFB";
inline constexpr const char* kDeviceRegions[] = {kBootFb, "coreboot-framebuffer.0",
                                                 "simple-framebuffer.0"};

// Does a boot framebuffer's device or driver hold regions of this name?
bool is_framebuffer_region(std::string_view name);

// Is one of these such a region? Then unbinding the driver does not free the memory.
bool holds_device_region(const std::vector<std::string>& regions);
bool holds_bootfb(const std::vector<std::string>& regions);

// The initcall of the kernel that makes the framebuffers with these regions, for
// initcall_blacklist=.
const char* initcall_of(const std::vector<std::string>& regions);

// A driver of a boot framebuffer: what it calls its region, and the platform device that it drives.
struct FramebufferDriver {
  const char* region;
  const char* device;
};

// efidrm and vesadrm come with Linux 6.16; 7.2 has corebootdrm.
inline constexpr FramebufferDriver kFramebufferDrivers[] = {
    {"efifb", "efi-framebuffer.0"},
    {"efidrm", "efi-framebuffer.0"},
    {"vesafb", "vesa-framebuffer.0"},
    {"vesadrm", "vesa-framebuffer.0"},
    {"simplefb", "simple-framebuffer.0"},
    {"simpledrm", "simple-framebuffer.0"},
    {"corebootdrm", "coreboot-framebuffer.0"},
};

// The names of the boot framebuffers' regions that lie over the function's BARs, outermost first:
// {"BOOTFB", "simpledrm"}. `iomem` is /proc/iomem, which shows addresses to root alone: for others
// the nesting tells. `resource` is the function's attribute of that name.
std::vector<std::string> framebuffers_over(std::string_view iomem, std::string_view resource,
                                           const PciAddress& address);

// The same, from this machine.
Result<std::vector<std::string>> read_framebuffers_over(const Root& root,
                                                        const PciAddress& address);

}  // namespace host
