// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/registers.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace verify {
namespace {

// PCI 3.0, 6.1 and 6.7; PCIe 6.0, 7.6.3.
constexpr off_t kStatus = 0x06, kRevision = 0x08, kFirstCapability = 0x34;
constexpr off_t kFirstExtended = 0x100, kConfigSize = 0x1000;

}  // namespace

host::Result<Registers> Registers::open(const host::Root& root, const host::PciAddress& address) {
  const std::string step = "read the configuration space of " + address.str();
  if (root.read_line(address.sysfs() + "/power_state") == "D3cold")
    return host::Error{EAGAIN, step + ", which sleeps (D3cold) and is not woken"};
  auto file = root.open_file(address.sysfs() + "/config", O_RDONLY | O_NONBLOCK);
  if (!file) return file.error();
  Registers registers(std::move(*file));
  // The revision, not the ids: those of a virtual function always read as ones (SR-IOV 1.1,
  // 3.4.1.1).
  const auto revision = registers.read(kRevision, 4);
  if (!revision || *revision == UINT32_MAX) return host::Error{EIO, step};
  return registers;
}

std::optional<uint32_t> Registers::read(off_t at, size_t width) const {
  unsigned char bytes[4] = {};
  if (::pread(file_.get(), bytes, width, at) != static_cast<ssize_t>(width)) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = width; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

bool Registers::has_capabilities() const {
  return u16(kStatus) & 0x10;
}

// A damaged list of capabilities may form a loop. The search ends after as many capabilities as fit
// into the configuration space.
off_t Registers::find(Capability capability) const {
  if (!has_capabilities()) return 0;
  off_t at = static_cast<off_t>(u8(kFirstCapability) & 0xfc);
  for (int left = 48; left > 0 && at >= 0x40; --left) {
    if (u8(at) == static_cast<uint32_t>(capability)) return at;
    at = static_cast<off_t>(u8(at + 1) & 0xfc);
  }
  return 0;
}

template <typename Matches>
off_t Registers::find_extended(Matches matches) const {
  off_t at = kFirstExtended;
  for (int left = (kConfigSize - kFirstExtended) / 8; left > 0 && at >= kFirstExtended; --left) {
    const uint32_t header = u32(at);
    if (header == 0 || header == UINT32_MAX) return 0;
    if (matches(header & 0xffff, at)) return at;
    at = static_cast<off_t>(header >> 20);
  }
  return 0;
}

off_t Registers::find(Extended capability) const {
  return find_extended([&](uint32_t found, off_t) { return found == uint32_t(capability); });
}

off_t Registers::find_vendor_specific(uint16_t id) const {
  return find_extended([&](uint32_t found, off_t at) {
    return found == uint32_t(Extended::kVendorSpecific) && u16(at + 4) == id;
  });
}

}  // namespace verify
