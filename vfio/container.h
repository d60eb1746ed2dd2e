// SPDX-License-Identifier: GPL-2.0-or-later
//
// A VFIO container: an address space that devices reach memory through, /dev/vfio/vfio
// (Documentation/driver-api/vfio.rst). A group is set into it first, then its IOMMU is chosen,
// then memory is mapped. Closing it takes every mapping back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <linux/vfio.h>

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"
#include "vfio/iommu_info.h"

namespace vfio {

// What the device may do with mapped memory.
enum class Access : uint32_t {
  kRead = VFIO_DMA_MAP_FLAG_READ,
  kWrite = VFIO_DMA_MAP_FLAG_WRITE,
  kReadWrite = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
};

class Container {
 public:
  static host::Result<Container> open(const host::Root& root);

  host::Result<int> api_version() const;

  // Is there a driver for this kind of IOMMU? Type1 comes with the module vfio_iommu_type1.
  host::Result<bool> supports(int iommu_type) const;

  // Needs a group; attaches it, and every one that follows.
  host::Result<void> set_iommu(int iommu_type);

  host::Result<IommuInfo> iommu_info() const;

  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, Access access);

  // The bytes that were unmapped: 0 where nothing was mapped.
  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size);

  const host::Fd& fd() const { return fd_; }

 private:
  explicit Container(host::Fd fd) : fd_(std::move(fd)) {}

  host::Fd fd_;
};

}  // namespace vfio
