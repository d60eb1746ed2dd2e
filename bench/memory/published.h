// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-pci-mem-dma-map of https://github.com/awilliam/tests, whose figures the kernel's developers
// publish with their changes. It is not part of this project: the user compiles it. Each of its
// results is the mean of ten rounds, each with memory that it allocated and touched before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"

namespace bench {

struct PublishedResult {
  std::string memory;         // "MADV_HUGEPAGE", "MAP_POPULATE", "HUGETLBFS"
  double map = 0, unmap = 0;  // GiB/s
};

// Its output. An error if it has no results, or one without both rates: then it failed.
host::Result<std::vector<PublishedResult>> parse_published(std::string_view output);

}  // namespace bench
