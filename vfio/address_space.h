// SPDX-License-Identifier: GPL-2.0-or-later
//
// An address space for DMA, from either interface of the kernel: a type1 container, or an IOAS of
// iommufd. A device can access only memory that is mapped in it. The destructor closes it, which
// removes all mappings.
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

  // The addresses where memory may be mapped; known only after a device is attached. Empty: the
  // kernel does not report them.
  virtual host::Result<std::vector<IovaRange>> ranges() const = 0;

  virtual host::Result<void> map(uint64_t iova, std::span<std::byte> memory, Access access) = 0;

  // Returns the number of bytes that were unmapped; 0 if nothing was mapped.
  virtual host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) = 0;

 protected:
  AddressSpace() = default;
  AddressSpace(AddressSpace&&) = default;
  AddressSpace& operator=(AddressSpace&&) = default;
};

}  // namespace vfio
