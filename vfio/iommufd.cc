// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/iommufd.h"

#include <cerrno>
#include <string>

#include <fcntl.h>

#include "vfio/ioctl.h"
#include "vfio/iommufd_uapi.h"

namespace vfio {
namespace {

// Far more ranges than any IOMMU has.
constexpr uint32_t kMaxRanges = 256;

uint32_t flags_of(Access access) {
  const auto wanted = static_cast<uint32_t>(access);
  return uapi::kMapFixed | (wanted & VFIO_DMA_MAP_FLAG_READ ? uapi::kMapReadable : 0) |
         (wanted & VFIO_DMA_MAP_FLAG_WRITE ? uapi::kMapWriteable : 0);
}

}  // namespace

host::Result<Iommufd> Iommufd::open(const host::Root& root) {
  auto fd = root.open_file("/dev/iommu", O_RDWR);
  if (!fd) return fd.error();
  uapi::IoasAlloc request;
  const auto answer = call(*fd, uapi::kIoasAlloc, "IOMMU_IOAS_ALLOC", &request);
  if (!answer) return answer.error();
  return Iommufd(std::move(*fd), request.ioas);
}

host::Result<std::vector<IovaRange>> Iommufd::ranges() const {
  std::vector<uapi::IovaRange> found(kMaxRanges);
  uapi::IoasIovaRanges request;
  request.ioas = ioas_;
  request.count = kMaxRanges;
  request.ranges = reinterpret_cast<uintptr_t>(found.data());
  const auto answer = call(fd_, uapi::kIoasIovaRanges, "IOMMU_IOAS_IOVA_RANGES", &request);
  if (!answer) return answer.error();
  if (request.count > kMaxRanges)
    return host::Error{0, "IOMMU_IOAS_IOVA_RANGES returned an impossible count"};
  std::vector<IovaRange> ranges;
  for (uint32_t i = 0; i < request.count; ++i) ranges.push_back({found[i].start, found[i].last});
  return ranges;
}

host::Result<void> Iommufd::map(uint64_t iova, std::span<std::byte> memory, Access access) {
  uapi::IoasMap request;
  request.flags = flags_of(access);
  request.ioas = ioas_;
  request.memory = reinterpret_cast<uintptr_t>(memory.data());
  request.length = memory.size();
  request.iova = iova;
  const auto answer = call(
      fd_, uapi::kIoasMap, [&] { return "IOMMU_IOAS_MAP" + at(iova); }, &request);
  if (!answer) return answer.error();
  return {};
}

// If nothing is mapped, type1 answers 0 and iommufd ENOENT.
host::Result<uint64_t> Iommufd::unmap(uint64_t iova, uint64_t size) {
  uapi::IoasUnmap request;
  request.ioas = ioas_;
  request.iova = iova;
  request.length = size;
  const auto answer = call(
      fd_, uapi::kIoasUnmap, [&] { return "IOMMU_IOAS_UNMAP" + at(iova); }, &request);
  if (!answer && answer.error().code == ENOENT) return uint64_t{0};
  if (!answer) return answer.error();
  return request.length;
}

}  // namespace vfio
