// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/memory/guest_memory.h"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

#include <linux/mman.h>
#include <sys/mman.h>

namespace bench {
namespace {

bool has_pool(PageKind kind) {
  return kind == PageKind::k2M || kind == PageKind::k1G;
}

int flags_of(PageKind kind, Sharing sharing) {
  int flags = MAP_ANONYMOUS | (sharing == Sharing::kShared ? MAP_SHARED : MAP_PRIVATE);
  if (kind == PageKind::k2M) flags |= MAP_HUGETLB | 21 << MAP_HUGE_SHIFT;
  if (kind == PageKind::k1G) flags |= MAP_HUGETLB | 30 << MAP_HUGE_SHIFT;
  return flags;
}

uint64_t number_in(const std::string& text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

// A page more than wanted contains memory that is aligned as huge pages are. The pool's pages are
// aligned by the kernel.
host::Result<GuestMemory> GuestMemory::allocate(PageKind kind, uint64_t size, Sharing sharing) {
  const uint64_t alignment = 2 * kMebibyte, room = has_pool(kind) ? size : size + alignment;
  void* memory = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, flags_of(kind, sharing), -1, 0);
  if (memory == MAP_FAILED) return host::Error{errno, "mmap " + size_title(size)};
  auto* begin = static_cast<std::byte*>(memory);
  if (!has_pool(kind)) {
    const uint64_t skipped =
        (alignment - reinterpret_cast<uintptr_t>(begin) % alignment) % alignment;
    if (skipped > 0) ::munmap(begin, skipped);
    ::munmap(begin + skipped + size, room - skipped - size);
    begin += skipped;
    if (::madvise(begin, size, kind == PageKind::kThp ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) != 0 &&
        kind == PageKind::kThp) {
      const int code = errno;
      ::munmap(begin, size);
      return host::Error{code, "madvise(MADV_HUGEPAGE)"};
    }
  }
  return GuestMemory({begin, size});
}

GuestMemory::GuestMemory(GuestMemory&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

GuestMemory::~GuestMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

void GuestMemory::touch() {
  for (size_t i = 0; i < bytes_.size(); i += page_size(PageKind::k4K))
    *const_cast<volatile std::byte*>(&bytes_[i]) = std::byte{1};
}

host::Result<void> reserve(const host::Root& root, PageKind kind, uint64_t size) {
  if (!has_pool(kind)) return {};
  const std::string pool = "/sys/kernel/mm/hugepages/hugepages-" +
                           std::to_string(page_size(kind) >> 10) + "kB/nr_hugepages";
  const auto present = root.read(pool);
  if (!present) return present.error();
  const uint64_t wanted = size / page_size(kind);
  if (size != 0 && number_in(*present) >= wanted) return {};
  if (const auto written = root.write(pool, std::to_string(wanted)); !written) return written;
  const uint64_t now = number_in(root.read(pool).value_or(""));
  if (now >= wanted) return {};
  return host::Error{ENOMEM, "reserve " + std::to_string(wanted) + " pages of " +
                                 size_title(page_size(kind)) + " (" + std::to_string(now) +
                                 " reserved)"};
}

}  // namespace bench
