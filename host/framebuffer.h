// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boot framebuffers: memory that the kernel draws on before a graphics driver is loaded. While one
// overlaps a BAR of a function, a guest cannot access that BAR.
//
// Only /proc/iomem shows that. /proc/fb is empty even if a BOOTFB region blocks the BAR, and a
// platform device proves nothing: it remains after its driver is unbound, and does no harm.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/command_line.h"
#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

// The regions that the platform device itself holds. They remain after its driver is unbound:
// "BOOTFB" if the kernel is built with SYSFB_SIMPLEFB (drivers/firmware/sysfb_simplefb.c), and a
// device's own name under coreboot (drivers/firmware/google/framebuffer-coreboot.c).
inline constexpr const char* kBootFb = "BOOTFB";
inline constexpr const char* kDeviceRegions[] = {kBootFb, "coreboot-framebuffer.0",
                                                 "simple-framebuffer.0"};

// Is this the region of a boot framebuffer's device or driver?
bool is_framebuffer_region(std::string_view name);

// Is one of `regions` held by a platform device? Then unbinding its driver does not free the
// memory.
bool holds_device_region(const std::vector<std::string>& regions);
bool holds_bootfb(const std::vector<std::string>& regions);

// The kernel's initcall that creates the framebuffers with these regions, for initcall_blacklist=.
const char* initcall_of(const std::vector<std::string>& regions);

// Does initcall_blacklist= name this initcall? The kernel ignores a name that it does not have: one
// that is built by Clang with LTO has __initstub__…_sysfb_init (___initcall_stub in
// include/linux/init.h).
bool is_initcall_blacklisted(const CommandLine& line, std::string_view initcall);

// A driver of a boot framebuffer: the name of its region, and the platform device that it drives.
struct FramebufferDriver {
  const char* region;
  const char* device;
};

// Linux 6.16 adds efidrm and vesadrm; Linux 7.2 has corebootdrm.
inline constexpr FramebufferDriver kFramebufferDrivers[] = {
    {"efifb", "efi-framebuffer.0"},
    {"efidrm", "efi-framebuffer.0"},
    {"vesafb", "vesa-framebuffer.0"},
    {"vesadrm", "vesa-framebuffer.0"},
    {"simplefb", "simple-framebuffer.0"},
    {"simpledrm", "simple-framebuffer.0"},
    {"corebootdrm", "coreboot-framebuffer.0"},
};

// The names of the boot framebuffer regions that overlap the function's BARs, outermost first:
// {"BOOTFB", "simpledrm"}. `iomem` is the content of /proc/iomem. It shows addresses only to root;
// for other users the nesting of the regions decides. `resource` is the content of the function's
// sysfs attribute.
std::vector<std::string> overlapping_framebuffers(std::string_view iomem, std::string_view resource,
                                                  const PciAddress& address);

// Reads both files of this machine.
Result<std::vector<std::string>> read_overlapping_framebuffers(const Root& root,
                                                               const PciAddress& address);

}  // namespace host
