// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio/pages.h"

#include <cerrno>
#include <string>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace vfio {

host::Result<Pages> Pages::allocate(size_t size) {
  // Populated: of a page that was never written to, mapping it for reading pins the kernel's common
  // page of zeros, before Linux 6.2, and the device would never see what is written later
  // (mm/gup.c, FOLL_LONGTERM without FOLL_WRITE).
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return host::Error{errno, "mmap " + std::to_string(size) + " bytes"};
  return Pages({static_cast<std::byte*>(memory), size});
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
