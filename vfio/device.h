// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device as VFIO hands it out, and its regions: BARs, ROM, configuration space. It comes from its
// group, which needs a container with an IOMMU first, or from a character device of its own, which
// is to be bound to iommufd. Opening (binding) it resets the device where it can be reset; closing
// it does so again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "host/fd.h"
#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"
#include "vfio/group.h"
#include "vfio/iommufd.h"

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

  // One access of that width, as a device wants it; T is an unsigned integer. A device's own
  // registers may name any offset: beyond the mapping all bits are set, as on a bus without an
  // answer, and what is written is lost.
  template <typename T>
  T read(size_t offset) const {
    if (!holds(offset, sizeof(T))) return std::numeric_limits<T>::max();
    return *reinterpret_cast<const volatile T*>(bytes_.data() + offset);
  }
  template <typename T>
  void write(size_t offset, T value) {
    if (!holds(offset, sizeof(T))) return;
    *reinterpret_cast<volatile T*>(bytes_.data() + offset) = value;
  }
  size_t size() const { return bytes_.size(); }
  bool holds(size_t offset, size_t width) const {
    return offset <= bytes_.size() && width <= bytes_.size() - offset;
  }

 private:
  std::span<std::byte> bytes_;
};

class Device {
 public:
  static host::Result<Device> open(const Group& group, const std::string& address);

  // The character device, /dev/vfio/devices/vfioN: nothing else can be asked before it is bound.
  // ENOENT where the kernel has none (CONFIG_VFIO_DEVICE_CDEV).
  static host::Result<Device> open(const host::Root& root, const host::PciAddress& address);
  host::Result<void> bind(const Iommufd& iommufd) const;
  host::Result<void> attach(const Iommufd& iommufd) const;

  host::Result<Region> region(uint32_t index) const;

  // The first `size` bytes, to read and write. EBUSY where a boot framebuffer lies over the BAR.
  host::Result<RegionMemory> map(const Region& region, size_t size) const;

  // Configuration space as VFIO virtualises it, 2 bytes at a time.
  host::Result<uint16_t> read_config(uint32_t offset) const;
  host::Result<void> write_config(uint32_t offset, uint16_t value) const;

  // Of this function alone: EINVAL where it can't be (VFIO_DEVICE_FLAGS_RESET).
  host::Result<void> reset() const;
  // All functions that a reset of its bus hits, itself among them; the kernel's word. ENODEV where
  // no bus of its can be reset.
  host::Result<std::vector<host::PciAddress>> reset_with_bus() const;

  // How many interrupts of a kind (VFIO_PCI_INTX_IRQ_INDEX, …) it has; 0: not this kind.
  host::Result<uint32_t> interrupts(uint32_t index) const;
  // The first interrupt of the kind adds 1 to the eventfd each time, until release_interrupts().
  host::Result<void> take_interrupt(uint32_t index, const host::Fd& eventfd) const;
  host::Result<void> release_interrupts(uint32_t index) const;
  // INTx alone: after each interrupt VFIO holds back the next until it is told so. The device has
  // to have let go of the pin first, or it comes again at once.
  host::Result<void> unmask_interrupt(uint32_t index) const;

 private:
  Device(host::Fd fd, std::string address) : fd_(std::move(fd)), address_(std::move(address)) {}

  std::string step(const char* what, uint32_t region) const;
  host::Result<void> set_irqs(uint32_t index, uint32_t flags, uint32_t count,
                              const host::Fd* eventfd) const;

  host::Fd fd_;
  std::string address_;
};

}  // namespace vfio
