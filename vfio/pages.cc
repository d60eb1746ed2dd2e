// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/pages.h"

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

namespace vfio {

host::Result<Pages> Pages::allocate(size_t size) {
  // MAP_POPULATE: before Linux 6.2, mapping a page that was never written for reading pins the
  // kernel's shared zero page, and the device would never see later writes (mm/gup.c, FOLL_LONGTERM
  // without FOLL_WRITE).
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return host::Error{errno, "mmap " + std::to_string(size) + " bytes"};
  return Pages({static_cast<std::byte*>(memory), size});
}

host::Result<Pages> Pages::allocate_huge(size_t size) {
  const std::string step = "allocate " + std::to_string(size >> 20) + " MiB of contiguous memory";
  constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;
  const bool gigabyte = size >= size_t{1} << 30;
  const int huge = gigabyte ? MAP_HUGETLB | 30 << MAP_HUGE_SHIFT | MAP_POPULATE : 0;
  // Twice the size contains an aligned piece. Huge pages are always aligned.
  const size_t room = gigabyte ? size : 2 * size;
  void* memory = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, kPrivate | huge, -1, 0);
  if (memory == MAP_FAILED) return host::Error{errno, step};
  auto* const begin = static_cast<std::byte*>(memory);
  const size_t skipped = (size - reinterpret_cast<uintptr_t>(begin) % size) % size;
  if (skipped > 0) ::munmap(begin, skipped);
  if (skipped + size < room) ::munmap(begin + skipped + size, room - skipped - size);
  const std::span<std::byte> bytes(begin + skipped, size);
  if (!gigabyte) {
    (void)::madvise(bytes.data(), size, MADV_HUGEPAGE);
    for (size_t i = 0; i < size; i += page_size()) bytes[i] = std::byte{0};
  }
  return Pages(bytes);
}

size_t Pages::page_size() {
  return static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

Pages::Pages(Pages&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

Pages::~Pages() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace vfio
