// SPDX-License-Identifier: GPL-2.0-or-later
//
// A list in a sentence.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace verify {

inline constexpr size_t kMostListed = 6;  // more are only counted

// "A", "A and B", "A, B and C"; of more than six, the first six: "A, B, C, D, E, F and 23 more".
std::string listed(const std::vector<std::string>& words);

}  // namespace verify
