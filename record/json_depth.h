// SPDX-License-Identifier: GPL-2.0-or-later
//
// A depth limit for untrusted JSON. nlohmann-json copies and compares values by recursion: 100,000
// brackets would end the process instead of giving an error.
#pragma once

#include <string_view>

namespace record {

// The record has five levels, QEMU's firmware descriptors four.
inline constexpr int kMaxJsonDepth = 32;

// Does `text` nest deeper than kMaxJsonDepth? Ignores brackets in strings. `text` may be invalid
// JSON.
bool nests_too_deep(std::string_view text);

}  // namespace record
