// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands around the workloads' JSON on a guest's console. Without the closing one nothing that
// came before it counts.
#pragma once

namespace bench {

inline constexpr const char* kBegin = "workloads: begin";
inline constexpr const char* kEnd = "workloads: the end";

}  // namespace bench
