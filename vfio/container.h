// SPDX-License-Identifier: GPL-2.0-or-later
//
// A VFIO container, /dev/vfio/vfio: an address space for DMA (Documentation/driver-api/vfio.rst).
// First a group is added to it, then its IOMMU type is set, then memory is mapped. Closing it
// removes all mappings.
#pragma once

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"
#include "vfio/address_space.h"
#include "vfio/iommu_info.h"

namespace vfio {

class Container final : public AddressSpace {
 public:
  static host::Result<Container> open(const host::Root& root);

  // The same interface, which iommufd implements (drivers/iommu/iommufd/vfio_compat.c). Memory is
  // pinned and mapped only while a device of the group is open.
  static host::Result<Container> open_compatible(const host::Root& root);

  host::Result<int> api_version() const;

  // Does the kernel have a driver for this IOMMU type? Type1 comes with the module
  // vfio_iommu_type1.
  host::Result<bool> supports(int iommu_type) const;

  // Needs a group. Attaches it, and every group that is added later.
  host::Result<void> set_iommu(int iommu_type);

  host::Result<IommuInfo> iommu_info() const;

  host::Result<std::vector<IovaRange>> ranges() const override;
  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, Access access) override;
  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override;

  const host::Fd& fd() const { return fd_; }

 private:
  explicit Container(host::Fd fd) : fd_(std::move(fd)) {}

  host::Fd fd_;
};

}  // namespace vfio
