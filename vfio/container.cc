// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/container.h"

#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>

#include "vfio/ioctl.h"

namespace vfio {
namespace {

// In bytes; far more than any kernel returns. A larger length is invalid.
constexpr uint32_t kMaxInfo = 64 * 1024;

}  // namespace

host::Result<Container> Container::open(const host::Root& root) {
  auto fd = root.open_file("/dev/vfio/vfio", O_RDWR);
  if (!fd) return fd.error();
  return Container(std::move(*fd));
}

host::Result<Container> Container::open_compatible(const host::Root& root) {
  auto fd = root.open_file("/dev/iommu", O_RDWR);
  if (!fd) return fd.error();
  return Container(std::move(*fd));
}

host::Result<int> Container::api_version() const {
  return call(fd_, VFIO_GET_API_VERSION, "VFIO_GET_API_VERSION");
}

host::Result<bool> Container::supports(int iommu_type) const {
  const auto answer = call(fd_, VFIO_CHECK_EXTENSION, "VFIO_CHECK_EXTENSION",
                           static_cast<unsigned long>(iommu_type));
  if (!answer) return answer.error();
  return *answer > 0;
}

host::Result<void> Container::set_iommu(int iommu_type) {
  const auto answer =
      call(fd_, VFIO_SET_IOMMU, "VFIO_SET_IOMMU", static_cast<unsigned long>(iommu_type));
  if (!answer) return answer.error();
  return {};
}

// Asks twice: the first answer has the length of the whole.
host::Result<IommuInfo> Container::iommu_info() const {
  vfio_iommu_type1_info fixed = {};
  fixed.argsz = sizeof(fixed);
  const auto length = call(fd_, VFIO_IOMMU_GET_INFO, "VFIO_IOMMU_GET_INFO", &fixed);
  if (!length) return length.error();
  if (fixed.argsz < sizeof(fixed) || fixed.argsz > kMaxInfo)
    return host::Error{0, "VFIO_IOMMU_GET_INFO returned an impossible length"};

  std::vector<std::byte> bytes(fixed.argsz);
  std::memcpy(bytes.data(), &fixed, sizeof(fixed));
  const auto whole =
      call(fd_, VFIO_IOMMU_GET_INFO, "VFIO_IOMMU_GET_INFO", static_cast<void*>(bytes.data()));
  if (!whole) return whole.error();
  return parse_iommu_info(bytes);
}

host::Result<std::vector<IovaRange>> Container::ranges() const {
  auto info = iommu_info();
  if (!info) return info.error();
  return info->ranges.value_or(std::vector<IovaRange>{});
}

host::Result<void> Container::map(uint64_t iova, std::span<std::byte> memory, Access access) {
  vfio_iommu_type1_dma_map request = {};
  request.argsz = sizeof(request);
  request.flags = static_cast<uint32_t>(access);
  request.vaddr = reinterpret_cast<uintptr_t>(memory.data());
  request.iova = iova;
  request.size = memory.size();
  const auto answer = call(
      fd_, VFIO_IOMMU_MAP_DMA, [&] { return "VFIO_IOMMU_MAP_DMA" + at(iova); }, &request);
  if (!answer) return answer.error();
  return {};
}

host::Result<uint64_t> Container::unmap(uint64_t iova, uint64_t size) {
  vfio_iommu_type1_dma_unmap request = {};
  request.argsz = sizeof(request);
  request.iova = iova;
  request.size = size;
  const auto answer = call(
      fd_, VFIO_IOMMU_UNMAP_DMA, [&] { return "VFIO_IOMMU_UNMAP_DMA" + at(iova); }, &request);
  if (!answer) return answer.error();
  return request.size;
}

}  // namespace vfio
