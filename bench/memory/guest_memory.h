// SPDX-License-Identifier: GPL-2.0-or-later
//
// Memory as QEMU allocates it for a guest, and the kernel's pool of reserved huge pages.
#pragma once

#include <cstddef>
#include <span>

#include "bench/memory/memory_kind.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

enum class Sharing { kPrivate, kShared };

// Mapped memory that is not touched yet: the first access of each page allocates and clears it. The
// destructor unmaps it.
class GuestMemory {
 public:
  // Huge pages must be in the pool: see reserve().
  static host::Result<GuestMemory> allocate(PageKind kind, uint64_t size, Sharing sharing);

  GuestMemory(GuestMemory&& other) noexcept;
  GuestMemory& operator=(GuestMemory&&) = delete;
  ~GuestMemory();

  // Writes to each page, as QEMU does with prealloc=on.
  void touch();

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit GuestMemory(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;
};

// Makes the pool of this kind large enough for `size` bytes; 0 empties it. Pages that were reserved
// at boot are used. ENOMEM: the kernel found fewer pages. Kinds without a pool need none.
host::Result<void> reserve(const host::Root& root, PageKind kind, uint64_t size);

}  // namespace bench
