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

// The region that the platform device itself holds where the kernel was built with SYSFB_SIMPLEFB:
// it outlives its driver (drivers/firmware/sysfb_simplefb.c).
inline constexpr const char* kBootFb = "BOOTFB";

// A driver of a boot framebuffer: what it calls its region, and the platform device that it drives.
struct FramebufferDriver {
  const char* region;
  const char* device;
};

// efidrm and vesadrm come with Linux 6.16.
inline constexpr FramebufferDriver kFramebufferDrivers[] = {
    {"efifb", "efi-framebuffer.0"},       {"efidrm", "efi-framebuffer.0"},
    {"vesafb", "vesa-framebuffer.0"},     {"vesadrm", "vesa-framebuffer.0"},
    {"simplefb", "simple-framebuffer.0"}, {"simpledrm", "simple-framebuffer.0"},
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
