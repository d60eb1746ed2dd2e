// SPDX-License-Identifier: GPL-2.0-or-later
//
// Handling: how bind treats the functions of a claimed card. The configuration sets it for each
// card, and the record carries it to bind, which does not read the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/pci_address.h"

namespace config {

inline constexpr const char* kDefaultDriver = "vfio-pci";
inline constexpr const char* kAutoDriver = "auto";  // the variant driver that modules.alias names

// May a driver that already holds the function be unbound? Unbinding a graphics driver can hang.
enum class Unbind {
  kNo,
  kYes,      // all drivers except graphics drivers
  kDisplay,  // graphics drivers too
};

// What bind does about a boot framebuffer (efifb, vesafb, simpledrm, efidrm, corebootdrm, …) over
// the function's BARs.
enum class Framebuffer {
  kRelease,  // if that is safe
  kKeep,
  kForce,  // also release a BOOTFB, from Linux 6.11 on: see early/framebuffer.h
};

// A resizable BAR and the size to set (PCIe 6.0, 7.8.6).
struct BarSize {
  uint8_t bar = 0;         // 0 to 5
  uint64_t megabytes = 0;  // a power of two

  bool operator==(const BarSize&) const = default;
};

struct Handling {
  std::string driver = kDefaultDriver;  // a driver's name, not a module's; or kAutoDriver
  Unbind unbind = Unbind::kYes;
  Framebuffer framebuffer = Framebuffer::kRelease;
  std::vector<BarSize> bar_sizes;
  std::string reset_method;          // as in the sysfs attribute, "flr bus"; "": the kernel's
  bool disable_idle_d3 = false;      // vfio-pci's module option
  std::vector<std::string> modules;  // to load before the function is bound: "vendor-reset"
  // Functions in the card's IOMMU group that stay with the host, although no IOMMU isolates them.
  std::vector<host::PciAddress> allowed_peers;

  bool operator==(const Handling&) const = default;
};

// The words in the configuration and in the record, in the order of the enumerators.
inline constexpr const char* kUnbindNames[] = {"no", "yes", "display"};
inline constexpr const char* kFramebufferNames[] = {"release", "keep", "force"};

}  // namespace config
