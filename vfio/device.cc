// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/device.h"

#include <cerrno>
#include <utility>

#include <linux/vfio.h>
#include <sys/mman.h>

#include "vfio/ioctl.h"

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

uint32_t RegionMemory::read32(size_t offset) const {
  return *reinterpret_cast<const volatile uint32_t*>(bytes_.data() + offset);
}

host::Result<Device> Device::open(const Group& group, const std::string& address) {
  const auto fd = call(group.fd(), VFIO_GROUP_GET_DEVICE_FD, "VFIO_GROUP_GET_DEVICE_FD " + address,
                       const_cast<char*>(address.c_str()));
  if (!fd) return fd.error();
  return Device(host::Fd(*fd), address);
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
  void* memory =
      ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd_.get(), static_cast<off_t>(region.offset));
  if (memory == MAP_FAILED) return host::Error{errno, step("mmap", region.index)};
  return RegionMemory({static_cast<std::byte*>(memory), size});
}

std::string Device::step(const char* what, uint32_t region) const {
  return std::string(what) + " of region " + std::to_string(region) + " of " + address_;
}

}  // namespace vfio
