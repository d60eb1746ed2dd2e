// SPDX-License-Identifier: GPL-2.0-or-later
//
// Memory of our own to map for a device: whole anonymous pages, zeroed, unmapped when it goes.
#pragma once

#include <cstddef>
#include <span>

#include "host/result.h"

namespace vfio {

class Pages {
 public:
  // `size` is a multiple of page_size().
  static host::Result<Pages> allocate(size_t size);
  // Of 2 MiB or 1 GiB, at a multiple of that, and physically one piece if the kernel has one: the
  // first is a wish (transparent huge pages), the second ENOMEM where none was set aside.
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
