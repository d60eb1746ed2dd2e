// SPDX-License-Identifier: GPL-2.0-or-later
//
// The interface of iommufd (Linux 6.2) and of the VFIO character devices (6.6): linux/iommufd.h and
// the newer part of linux/vfio.h, which Debian 12's headers for user space do not have. The names
// are not the kernel's, to avoid conflicts with newer headers; layouts and numbers are
// (Documentation/userspace-api/iommufd.rst).
#pragma once

#include <cstddef>
#include <cstdint>

#include <linux/vfio.h>
#include <sys/ioctl.h>

namespace vfio::uapi {

inline constexpr int kIommufdType = ';';
inline constexpr unsigned long kDestroy = _IO(kIommufdType, 0x80);
inline constexpr unsigned long kIoasAlloc = _IO(kIommufdType, 0x81);
inline constexpr unsigned long kIoasIovaRanges = _IO(kIommufdType, 0x84);
inline constexpr unsigned long kIoasMap = _IO(kIommufdType, 0x85);
inline constexpr unsigned long kIoasUnmap = _IO(kIommufdType, 0x86);
inline constexpr unsigned long kBindIommufd = _IO(VFIO_TYPE, VFIO_BASE + 18);
inline constexpr unsigned long kAttachIommufdPt = _IO(VFIO_TYPE, VFIO_BASE + 19);

// Every request begins with its own size.
struct IoasAlloc {
  uint32_t size = sizeof(IoasAlloc);
  uint32_t flags = 0;
  uint32_t ioas = 0;  // out
};

struct IovaRange {
  uint64_t start, last;
};

struct IoasIovaRanges {
  uint32_t size = sizeof(IoasIovaRanges);
  uint32_t ioas = 0;
  uint32_t count = 0;  // in: size of the array; out: number of ranges
  uint32_t reserved = 0;
  uint64_t ranges = 0;
  uint64_t alignment = 0;  // out
};

inline constexpr uint32_t kMapFixed = 1, kMapWriteable = 2, kMapReadable = 4;

struct IoasMap {
  uint32_t size = sizeof(IoasMap);
  uint32_t flags = 0;
  uint32_t ioas = 0;
  uint32_t reserved = 0;
  uint64_t memory = 0;
  uint64_t length = 0;
  uint64_t iova = 0;
};

struct IoasUnmap {
  uint32_t size = sizeof(IoasUnmap);
  uint32_t ioas = 0;
  uint64_t iova = 0;
  uint64_t length = 0;  // out: the bytes that were unmapped
};

struct BindIommufd {
  uint32_t size = sizeof(BindIommufd);
  uint32_t flags = 0;
  int32_t iommufd = -1;
  uint32_t device = 0;  // out
};

struct AttachIommufdPt {
  uint32_t size = sizeof(AttachIommufdPt);
  uint32_t flags = 0;
  uint32_t page_table = 0;  // in: an IOAS; out: the attached page table
};

static_assert(sizeof(IoasAlloc) == 12 && sizeof(IoasIovaRanges) == 32 && sizeof(IoasMap) == 40 &&
              sizeof(IoasUnmap) == 24 && sizeof(BindIommufd) == 16 &&
              sizeof(AttachIommufdPt) == 12);

}  // namespace vfio::uapi
