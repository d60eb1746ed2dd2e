// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the running kernel did to the ports of quirks.h, according to its log and its version. The
// kernel trusts an Intel chipset port only if it has set the port up, which it logs. Since Linux
// 7.0 it does not use ACS Source Validation of two IDT switches.
#pragma once

#include <string_view>
#include <vector>

#include "host/kernel_log.h"
#include "verify/inspect/isolation/topology.h"

namespace verify::isolation {

// `log`: empty if it cannot be read.
void follow_kernel(Topology& topology, const std::vector<host::LogLine>& log,
                   std::string_view kernel_release);

}  // namespace verify::isolation
