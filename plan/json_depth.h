// SPDX-License-Identifier: GPL-2.0-or-later
//
// A limit for JSON that anybody may have written. nlohmann-json copies and compares values by
// recursion: 100,000 brackets end the process where they should end in an error.
#pragma once

#include <string_view>

namespace plan {

// The record has five levels, QEMU's firmware descriptors four.
inline constexpr int kMaxJsonDepth = 32;

// In `text`, which need not be JSON, strings aside.
bool nests_too_deep(std::string_view text);

}  // namespace plan
