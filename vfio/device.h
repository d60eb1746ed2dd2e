// SPDX-License-Identifier: GPL-2.0-or-later
//
// A VFIO device and its regions: BARs, ROM, configuration space. It is opened through its group,
// which needs a container with an IOMMU first, or through its own character device, which must then
// be bound to iommufd. Opening it (or binding it) resets the device if that is possible; closing it
// resets it again.
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
  uint64_t size = 0;    // 0: the device does not have it
  uint64_t offset = 0;  // in the device's file

  bool mappable() const;
};

// A mapped region; the destructor unmaps it.
class RegionMemory {
 public:
  explicit RegionMemory(std::span<std::byte> bytes) : bytes_(bytes) {}
  RegionMemory(RegionMemory&& other) noexcept;
  RegionMemory& operator=(RegionMemory&& other) noexcept;
  ~RegionMemory();

  // One access of the width of T, an unsigned integer. The offset may come from a register of the
  // device. Beyond the mapping all bits are set, as on a bus without an answer, and a write is
  // ignored.
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

  // Opens the character device, /dev/vfio/devices/vfioN. It must be bound before any other call.
  // ENOENT: the kernel has none (CONFIG_VFIO_DEVICE_CDEV).
  static host::Result<Device> open(const host::Root& root, const host::PciAddress& address);
  host::Result<void> bind(const Iommufd& iommufd) const;
  host::Result<void> attach(const Iommufd& iommufd) const;

  host::Result<Region> region(uint32_t index) const;

  // Maps the first `size` bytes for reading and writing. EBUSY: a boot framebuffer overlaps the
  // BAR.
  host::Result<RegionMemory> map(const Region& region, size_t size) const;

  // Configuration space as VFIO virtualises it, 2 bytes at a time.
  host::Result<uint16_t> read_config(uint32_t offset) const;
  host::Result<void> write_config(uint32_t offset, uint16_t value) const;

  // Resets this function only. EINVAL: it cannot be reset (VFIO_DEVICE_FLAGS_RESET).
  host::Result<void> reset() const;
  // The functions that the kernel resets together with this one, which is included, by a reset of
  // its bus. ENODEV: its bus cannot be reset.
  host::Result<std::vector<host::PciAddress>> bus_reset_functions() const;

  // The number of interrupts of a type (VFIO_PCI_INTX_IRQ_INDEX, …); 0: it does not have this type.
  host::Result<uint32_t> interrupts(uint32_t index) const;
  // Adds 1 to the eventfd each time the first interrupt of the type occurs, until
  // disable_interrupts().
  host::Result<void> enable_interrupt(uint32_t index, const host::Fd& eventfd) const;
  host::Result<void> disable_interrupts(uint32_t index) const;
  // Adds 1 to the eventfd as if the device had raised that interrupt, without the device.
  host::Result<void> trigger_interrupt(uint32_t index) const;
  // INTx only: VFIO masks it after each interrupt, until this call. The device must have released
  // the pin before; otherwise the interrupt occurs again at once.
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
