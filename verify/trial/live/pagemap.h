// SPDX-License-Identifier: GPL-2.0-or-later
//
// Physical addresses of this process's memory (Documentation/admin-guide/mm/pagemap.rst). Only root
// can read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "host/root.h"

namespace verify {

// The address of the page that `memory` begins in.
std::optional<uint64_t> physical_address(const host::Root& root, std::span<const std::byte> memory);
// The address of `memory` if all of it is contiguous. Checks each page, or 512 places if the memory
// is larger than 2 MiB.
std::optional<uint64_t> contiguous_physical_address(const host::Root& root,
                                                    std::span<const std::byte> memory);

}  // namespace verify
