// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/device.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vfio/ioctl.h"
#include "vfio/iommufd_uapi.h"

namespace vfio {

bool Region::mappable() const {
  return size > 0 && (flags & VFIO_REGION_INFO_FLAG_MMAP) != 0;
}

RegionMemory::RegionMemory(RegionMemory&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})) {}

RegionMemory& RegionMemory::operator=(RegionMemory&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

RegionMemory::~RegionMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

host::Result<Device> Device::open(const Group& group, const std::string& address) {
  const auto fd = call(group.fd(), VFIO_GROUP_GET_DEVICE_FD, "VFIO_GROUP_GET_DEVICE_FD " + address,
                       const_cast<char*>(address.c_str()));
  if (!fd) return fd.error();
  return Device(host::Fd(*fd), address);
}

// sysfs has the name even if the kernel does not create the node.
host::Result<Device> Device::open(const host::Root& root, const host::PciAddress& address) {
  const std::string directory = address.sysfs() + "/vfio-dev";
  const auto names = root.list(directory);
  if (!names) return names.error();
  if (names->empty()) return host::Error{ENOENT, "find a device name in " + directory};
  auto fd = root.open_file("/dev/vfio/devices/" + names->front(), O_RDWR);
  if (!fd) return fd.error();
  return Device(std::move(*fd), address.str());
}

host::Result<void> Device::bind(const Iommufd& iommufd) const {
  uapi::BindIommufd request;
  request.iommufd = iommufd.fd().get();
  const auto answer =
      call(fd_, uapi::kBindIommufd, "VFIO_DEVICE_BIND_IOMMUFD of " + address_, &request);
  if (!answer) return answer.error();
  return {};
}

host::Result<void> Device::attach(const Iommufd& iommufd) const {
  uapi::AttachIommufdPt request;
  request.page_table = iommufd.ioas();
  const auto answer =
      call(fd_, uapi::kAttachIommufdPt, "VFIO_DEVICE_ATTACH_IOMMUFD_PT of " + address_, &request);
  if (!answer) return answer.error();
  return {};
}

host::Result<Region> Device::region(uint32_t index) const {
  vfio_region_info info = {};
  info.argsz = sizeof(info);
  info.index = index;
  const auto answer =
      call(fd_, VFIO_DEVICE_GET_REGION_INFO, step("VFIO_DEVICE_GET_REGION_INFO", index), &info);
  if (!answer) return answer.error();
  return Region{.index = index, .flags = info.flags, .size = info.size, .offset = info.offset};
}

host::Result<RegionMemory> Device::map(const Region& region, size_t size) const {
  if (size > region.size) return host::Error{EINVAL, step("mmap", region.index)};
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(),
                        static_cast<off_t>(region.offset));
  if (memory == MAP_FAILED) return host::Error{errno, step("mmap", region.index)};
  return RegionMemory({static_cast<std::byte*>(memory), size});
}

host::Result<uint16_t> Device::read_config(uint32_t offset) const {
  const auto config = region(VFIO_PCI_CONFIG_REGION_INDEX);
  if (!config) return config.error();
  uint16_t value = 0;
  const auto where = static_cast<off_t>(config->offset + offset);
  if (::pread(fd_.get(), &value, sizeof(value), where) != sizeof(value))
    return host::Error{errno, step("read", VFIO_PCI_CONFIG_REGION_INDEX)};
  return value;
}

host::Result<void> Device::write_config(uint32_t offset, uint16_t value) const {
  const auto config = region(VFIO_PCI_CONFIG_REGION_INDEX);
  if (!config) return config.error();
  const auto where = static_cast<off_t>(config->offset + offset);
  if (::pwrite(fd_.get(), &value, sizeof(value), where) != sizeof(value))
    return host::Error{errno, step("write", VFIO_PCI_CONFIG_REGION_INDEX)};
  return {};
}

host::Result<void> Device::reset() const {
  const auto answer = call(fd_, VFIO_DEVICE_RESET, "VFIO_DEVICE_RESET of " + address_);
  if (!answer) return answer.error();
  return {};
}

// If the buffer is too small, the answer is ENOSPC and the number of devices.
host::Result<std::vector<host::PciAddress>> Device::bus_reset_functions() const {
  const std::string step = "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO of " + address_;
  std::vector<vfio_pci_dependent_device> devices;
  for (;;) {
    vfio_pci_hot_reset_info head;  // not = {}: clang 14 takes its end for a zero-length array
    std::memset(&head, 0, sizeof(head));
    const size_t size = sizeof(head) + devices.size() * sizeof(devices[0]);
    head.argsz = static_cast<uint32_t>(size);
    std::vector<uint32_t> request(size / sizeof(uint32_t));  // has the alignment of both
    std::memcpy(request.data(), &head, sizeof(head));
    const auto answer = call(fd_, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, step, request.data());
    std::memcpy(&head, request.data(), sizeof(head));
    if (!answer && (answer.error().code != ENOSPC || head.count <= devices.size()))
      return answer.error();
    if (answer) {
      devices.resize(std::min<size_t>(devices.size(), head.count));
      std::memcpy(devices.data(), request.data() + sizeof(head) / sizeof(uint32_t),
                  devices.size() * sizeof(devices[0]));
      break;
    }
    devices.resize(head.count);
  }
  // The 16 bits of `segment` cannot hold every domain. Functions that share a bus have the same
  // one.
  const auto own = host::PciAddress::parse(address_);
  std::vector<host::PciAddress> addresses;
  for (const vfio_pci_dependent_device& device : devices)
    addresses.push_back({.slot = {.domain = own ? own->slot.domain : device.segment,
                                  .bus = device.bus,
                                  .device = static_cast<uint8_t>(device.devfn >> 3)},
                         .function = static_cast<uint8_t>(device.devfn & 7)});
  return addresses;
}

host::Result<uint32_t> Device::interrupts(uint32_t index) const {
  vfio_irq_info info = {};
  info.argsz = sizeof(info);
  info.index = index;
  const auto answer =
      call(fd_, VFIO_DEVICE_GET_IRQ_INFO, "VFIO_DEVICE_GET_IRQ_INFO of " + address_, &info);
  if (!answer) return answer.error();
  return info.count;
}

host::Result<void> Device::set_irqs(uint32_t index, uint32_t flags, uint32_t count,
                                    const host::Fd* eventfd) const {
  vfio_irq_set head = {};
  head.argsz = sizeof(head) + (eventfd ? sizeof(int32_t) : 0);
  head.flags = flags;
  head.index = index;
  head.count = count;
  const int32_t fd = eventfd ? eventfd->get() : -1;
  alignas(vfio_irq_set) std::byte request[sizeof(head) + sizeof(fd)];
  std::memcpy(request, &head, sizeof(head));
  std::memcpy(request + sizeof(head), &fd, sizeof(fd));
  const auto answer = call(fd_, VFIO_DEVICE_SET_IRQS, "VFIO_DEVICE_SET_IRQS of " + address_,
                           static_cast<void*>(request));
  if (!answer) return answer.error();
  return {};
}

host::Result<void> Device::enable_interrupt(uint32_t index, const host::Fd& eventfd) const {
  return set_irqs(index, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 1, &eventfd);
}

host::Result<void> Device::disable_interrupts(uint32_t index) const {
  return set_irqs(index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, nullptr);
}

host::Result<void> Device::trigger_interrupt(uint32_t index) const {
  return set_irqs(index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 1, nullptr);
}

host::Result<void> Device::unmask_interrupt(uint32_t index) const {
  return set_irqs(index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, 1, nullptr);
}

std::string Device::step(const char* what, uint32_t region) const {
  return std::string(what) + " of region " + std::to_string(region) + " of " + address_;
}

}  // namespace vfio
