// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does the IOMMU map large pieces of memory with large pages? A guest's memory consists mostly of
// such pieces, and fewer pages mean fewer page-table walks for the device. The answer is in the
// page tables, if the kernel shows them; otherwise only the time of the mapping is known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"
#include "host/root.h"
#include "vfio/address_space.h"

namespace verify {

struct Superpage {
  uint64_t size = 0;                    // requested
  std::optional<host::Error> obstacle;  // why memory of that size was not allocated or not mapped
  std::optional<uint64_t> mapped_by;    // the page size in the page table; nothing: not found
  int microseconds = 0;                 // for the mapping, without the allocation
};

// The size of the page that maps `iova` in `table`, the content of the kernel's
// domain_translation_struct (dump_page_info in drivers/iommu/intel/debugfs.c); nothing if `iova` is
// not mapped.
std::optional<uint64_t> page_size_in(std::string_view table, uint64_t iova);

// Maps 2 MiB and 1 GiB of contiguous memory for the function that is attached to `space`.
std::vector<Superpage> try_superpages(const host::Root& root, vfio::AddressSpace& space,
                                      const std::string& address);

}  // namespace verify
