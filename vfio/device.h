// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device as VFIO hands it out, and its regions: BARs, ROM, configuration space. Its group needs a
// container with an IOMMU first. Opening it resets the device where it can be reset; closing it
// does so again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "host/fd.h"
#include "host/result.h"
#include "vfio/group.h"

namespace vfio {

struct Region {
  uint32_t index = 0;   // VFIO_PCI_BAR0_REGION_INDEX, …
  uint32_t flags = 0;   // VFIO_REGION_INFO_FLAG_READ, …
  uint64_t size = 0;    // 0: the device has none there
  uint64_t offset = 0;  // in the device's file

  bool mappable() const;
};

// A mapped region, unmapped at the end.
class RegionMemory {
 public:
  explicit RegionMemory(std::span<std::byte> bytes) : bytes_(bytes) {}
  RegionMemory(RegionMemory&& other) noexcept;
  RegionMemory& operator=(RegionMemory&& other) noexcept;
  ~RegionMemory();

  // One access of that width, as a device wants it.
  uint32_t read32(size_t offset) const;

 private:
  std::span<std::byte> bytes_;
};

class Device {
 public:
  static host::Result<Device> open(const Group& group, const std::string& address);

  host::Result<Region> region(uint32_t index) const;

  // The first `size` bytes, to read. EBUSY where a boot framebuffer lies over the BAR.
  host::Result<RegionMemory> map(const Region& region, size_t size) const;

 private:
  Device(host::Fd fd, std::string address) : fd_(std::move(fd)), address_(std::move(address)) {}

  std::string step(const char* what, uint32_t region) const;

  host::Fd fd_;
  std::string address_;
};

}  // namespace vfio
