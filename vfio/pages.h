// SPDX-License-Identifier: GPL-2.0-or-later
//
// Memory to map for a device: whole anonymous pages, zeroed. The destructor unmaps them.
#pragma once

#include <cstddef>
#include <span>

#include "host/result.h"

namespace vfio {

class Pages {
 public:
  // `size` is a multiple of page_size().
  static host::Result<Pages> allocate(size_t size);
  // `size` is 2 MiB or 1 GiB. The memory is aligned to it, and physically contiguous if possible: 2
  // MiB only asks for a transparent huge page, 1 GiB fails with ENOMEM if no huge page is reserved.
  static host::Result<Pages> allocate_huge(size_t size);
  static size_t page_size();

  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages();

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit Pages(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;
};

}  // namespace vfio
