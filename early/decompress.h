// SPDX-License-Identifier: GPL-2.0-or-later
//
// What kernel modules are packed with: gzip, xz or zstd, by the libraries that libkmod brings
// anyway.
#pragma once

#include <string>
#include <string_view>

#include "host/result.h"

namespace early {

// No module comes near.
constexpr size_t kMaxModule = size_t{256} << 20;

// What `packed` holds; itself where it is not compressed. EFBIG: that is more than kMaxModule.
// `name` is for the error.
host::Result<std::string> decompress(std::string_view packed, const std::string& name);

}  // namespace early
