// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why functions share an IOMMU group, in one sentence: each cause is named once, however many
// functions it joins.
#pragma once

#include <string>
#include <vector>

#include "verify/inspect/isolation/grouping.h"

namespace verify {

// The causes that join `members`, which are nodes in ascending order: "0000:00:02.0, 0000:00:02.2
// and 0000:00:02.3 are functions of one device without ACS between them; …". "": none.
std::string group_reasons(const isolation::Topology& topology, const isolation::Grouping& grouping,
                          const std::vector<size_t>& members);

}  // namespace verify
