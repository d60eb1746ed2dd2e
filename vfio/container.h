// SPDX-License-Identifier: GPL-2.0-or-later
//
// A VFIO container: an address space that devices reach memory through, /dev/vfio/vfio
// (Documentation/driver-api/vfio.rst). A group is set into it first, then its IOMMU is chosen,
// then memory is mapped. Closing it takes every mapping back.
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

  host::Result<int> api_version() const;

  // Is there a driver for this kind of IOMMU? Type1 comes with the module vfio_iommu_type1.
  host::Result<bool> supports(int iommu_type) const;

  // Needs a group; attaches it, and every one that follows.
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
