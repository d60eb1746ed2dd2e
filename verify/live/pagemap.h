// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where memory of ours really is (Documentation/admin-guide/mm/pagemap.rst). Only root is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "host/root.h"

namespace verify {

// Of the page that `memory` begins with.
std::optional<uint64_t> physical_address(const host::Root& root, std::span<const std::byte> memory);
// Of all of it, if it is seen to be in one piece: at each page, of more than 2 MiB in 512 places.
std::optional<uint64_t> physical_piece(const host::Root& root, std::span<const std::byte> memory);

}  // namespace verify
