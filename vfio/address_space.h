// SPDX-License-Identifier: GPL-2.0-or-later
//
// An address space that devices reach memory through, whichever of the kernel's two interfaces it
// comes from: a type1 container or an IOAS of iommufd. What is not mapped in it, a device can't
// reach. Whoever owns it closes it, which takes every mapping back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <linux/vfio.h>

#include "host/result.h"
#include "vfio/iommu_info.h"

namespace vfio {

// What the device may do with mapped memory.
enum class Access : uint32_t {
  kRead = VFIO_DMA_MAP_FLAG_READ,
  kWrite = VFIO_DMA_MAP_FLAG_WRITE,
  kReadWrite = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
};

class AddressSpace {
 public:
  virtual ~AddressSpace() = default;

  // Where memory may be mapped; nothing attached yet, nothing known. Empty: the kernel does not
  // say.
  virtual host::Result<std::vector<IovaRange>> ranges() const = 0;

  virtual host::Result<void> map(uint64_t iova, std::span<std::byte> memory, Access access) = 0;

  // The bytes that were unmapped: 0 where nothing was mapped.
  virtual host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) = 0;

 protected:
  AddressSpace() = default;
  AddressSpace(AddressSpace&&) = default;
  AddressSpace& operator=(AddressSpace&&) = default;
};

}  // namespace vfio
