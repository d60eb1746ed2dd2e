// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers in a function's configuration space, from sysfs. A read wakes the ports above, and
// the function itself only from D3cold (pci_config_pm_runtime_get in drivers/pci/pci.c). A function
// in D3cold is therefore not read. In D3hot a function answers without waking.
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
enum class Extended : uint16_t { kVendorSpecific = 0x000b, kAcs = 0x000d, kResizableBar = 0x0015 };

class Registers {
 public:
  // EAGAIN: the function is in D3cold. EIO: all bits read as one, so the function is no longer on
  // the bus.
  static host::Result<Registers> open(const host::Root& root, const host::PciAddress& address);

  // nullopt: beyond the end, or beyond what this user may read.
  std::optional<uint32_t> read(off_t at, size_t width) const;
  uint32_t u8(off_t at) const { return read(at, 1).value_or(0); }
  uint32_t u16(off_t at) const { return read(at, 2).value_or(0); }
  uint32_t u32(off_t at) const { return read(at, 4).value_or(0); }

  bool has_capabilities() const;
  // Only root may read beyond the first 64 bytes, where the capabilities are.
  bool may_read_capabilities() const { return read(0x40, 4).has_value(); }

  // The offset of the capability; 0: not found.
  off_t find(Capability capability) const;
  off_t find(Extended capability) const;
  // The offset of the vendor-specific capability with this id (PCIe 6.0, 7.9.5); 0: not found. Its
  // meaning depends on the vendor of the function.
  off_t find_vendor_specific(uint16_t id) const;

 private:
  explicit Registers(host::Fd file) : file_(std::move(file)) {}

  // The first extended capability whose offset satisfies `matches`.
  template <typename Matches>
  off_t find_extended(Matches matches) const;

  host::Fd file_;
};

}  // namespace verify
