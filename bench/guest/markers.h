// SPDX-License-Identifier: GPL-2.0-or-later
//
// The markers around the workloads' JSON on a guest's console. A report without the closing marker
// is not valid.
#pragma once

namespace bench {

inline constexpr const char* kBegin = "workloads: begin";
inline constexpr const char* kEnd = "workloads: the end";

}  // namespace bench
