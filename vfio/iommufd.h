// SPDX-License-Identifier: GPL-2.0-or-later
//
// iommufd, /dev/iommu, with one address space (IOAS). A device is bound to it, then attached; only
// then are the valid addresses known. Closing it removes all mappings.
#pragma once

#include "host/fd.h"
#include "host/root.h"
#include "vfio/address_space.h"

namespace vfio {

class Iommufd final : public AddressSpace {
 public:
  // Opens /dev/iommu and creates the address space.
  static host::Result<Iommufd> open(const host::Root& root);

  host::Result<std::vector<IovaRange>> ranges() const override;
  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, Access access) override;
  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override;

  const host::Fd& fd() const { return fd_; }
  uint32_t ioas() const { return ioas_; }

 private:
  Iommufd(host::Fd fd, uint32_t ioas) : fd_(std::move(fd)), ioas_(ioas) {}

  host::Fd fd_;
  uint32_t ioas_;
};

}  // namespace vfio
