// SPDX-License-Identifier: GPL-2.0-or-later
//
// How to separate a card from the other functions of its IOMMU group, or from those that reach its
// memory without the IOMMU. A function that the host needs is never suggested for a guest.
#pragma once

#include <string>
#include <vector>

#include "verify/check/inspection.h"
#include "verify/check/remedy.h"

namespace verify {

// The remedy to separate the card in `group` from `others`, which are not empty.
Remedy separate(const Inspection& inspection, const InspectedGroup& group,
                const std::vector<host::PciFunction>& others);

// The functions that a host driver holds, then the other functions, then ports.
std::vector<host::PciFunction> host_functions_first(std::vector<host::PciFunction> functions);

// In this order, at most six, and how many more there are: "0000:03:00.0 (nvme) and 0000:03:00.1";
// a function without a driver is only its address.
std::string listed_functions(const std::vector<host::PciFunction>& functions);

// Are both functions of one card? Then `other` need not be separated from `card`: a guest gets
// both.
bool are_of_one_card(const Inspection& inspection, const InspectedGroup& group,
                     const host::PciFunction& other);

}  // namespace verify
