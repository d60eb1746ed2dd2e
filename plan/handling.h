// SPDX-License-Identifier: GPL-2.0-or-later
//
// Handling: how the functions of a card are to be treated once they are claimed. The owner says it
// for a card, the plan hands it on, and the record carries it to bind, which never plans again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace plan {

inline constexpr const char* kDefaultDriver = "vfio-pci";
inline constexpr const char* kAutoDriver = "auto";  // the variant driver that modules.alias names

// May a driver that holds the function already be unbound? (A graphics driver can hang then.)
enum class Unbind {
  kNo,
  kYes,      // drivers of everything but displays
  kDisplay,  // graphics drivers too
};

// What becomes of a boot framebuffer (efifb, vesafb, simpledrm, efidrm, corebootdrm, …) that lies
// over the function's BARs.
enum class Framebuffer {
  kRelease,  // where that is safe
  kKeep,
  kForce,  // also the way that stock kernels offer for simpledrm's BOOTFB, from 6.11
};

// A resizable BAR and the size that it is to have (PCIe 6.0, 7.8.6).
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
  std::string reset_method;      // as the sysfs attribute takes it, "flr bus"; "": the kernel's
  bool disable_idle_d3 = false;  // vfio-pci's module option

  bool operator==(const Handling&) const = default;
};

// The words of the configuration, and of the record, in the order of the enumerators.
inline constexpr const char* kUnbindNames[] = {"no", "yes", "display"};
inline constexpr const char* kFramebufferNames[] = {"release", "keep", "force"};

}  // namespace plan
