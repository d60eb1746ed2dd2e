// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decompresses kernel modules (gzip, xz or zstd) with the libraries that libkmod needs anyway.
#pragma once

#include <string>
#include <string_view>

#include "host/result.h"

namespace initramfs {

// In bytes; far larger than any module.
constexpr size_t kMaxModule = size_t{256} << 20;

// The content of `packed`, or `packed` itself if it is not compressed. EFBIG: it is larger than
// kMaxModule. `name` is for the error.
host::Result<std::string> decompress(std::string_view packed, const std::string& name);

}  // namespace initramfs
