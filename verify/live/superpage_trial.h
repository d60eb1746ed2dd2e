// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does the IOMMU map large pieces of memory by large pages? A guest's memory consists of little
// else, and each page less is a walk of the tables less for the device. Whether it does, the page
// tables themselves say, where the kernel shows them; else there is only the time that it took.
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
  uint64_t size = 0;                    // wanted
  std::optional<host::Error> obstacle;  // why there was no memory of that size in one piece
  std::optional<uint64_t> mapped_by;    // the size of the page that the table shows; nothing: none
  int microseconds = 0;                 // for mapping it, memory being there
};

// The size of the page that maps `iova` in what the kernel calls domain_translation_struct
// (dump_page_info in drivers/iommu/intel/debugfs.c); nothing where none does.
std::optional<uint64_t> page_size_in(std::string_view table, uint64_t iova);

// 2 MiB and 1 GiB, each in one piece of memory, for the function that is attached to `space`.
std::vector<Superpage> try_superpages(const host::Root& root, vfio::AddressSpace& space,
                                      const std::string& address);

}  // namespace verify
