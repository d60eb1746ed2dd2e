// SPDX-License-Identifier: GPL-2.0-or-later
//
// A function's configuration space, register by register, as sysfs shows it. Reading it wakes the
// ports above, and the function itself only from D3cold (pci_config_pm_runtime_get in
// drivers/pci/pci.c): one that sleeps so deeply is left asleep, one in D3hot answers in its sleep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <sys/types.h>

#include "host/fd.h"
#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace verify {

// Capabilities (PCI 3.0, appendix H; PCIe 6.0, 7.5.3) and extended ones (PCIe 6.0, 7.6.3).
enum class Capability : uint8_t { kPowerManagement = 0x01, kExpress = 0x10, kAdvanced = 0x13 };
enum class Extended : uint16_t { kAcs = 0x000d, kResizableBar = 0x0015 };

class Registers {
 public:
  // EAGAIN: it sleeps in D3cold. EIO: it answers with ones only, so it is not there any more.
  static host::Result<Registers> open(const host::Root& root, const host::PciAddress& address);

  // Nothing behind what may be read, or what there is.
  std::optional<uint32_t> read(off_t at, size_t width) const;
  uint32_t u8(off_t at) const { return read(at, 1).value_or(0); }
  uint32_t u16(off_t at) const { return read(at, 2).value_or(0); }
  uint32_t u32(off_t at) const { return read(at, 4).value_or(0); }

  bool has_capabilities() const;
  // Only root may read more than the first 64 bytes, and so any capability.
  bool may_read_capabilities() const { return read(0x40, 4).has_value(); }

  // Where it begins; 0: there is none.
  off_t find(Capability capability) const;
  off_t find(Extended capability) const;

 private:
  explicit Registers(host::Fd file) : file_(std::move(file)) {}

  host::Fd file_;
};

}  // namespace verify
