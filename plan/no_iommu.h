// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why no card is claimed if no IOMMU is active.
#pragma once

#include "config/configuration.h"
#include "host/machine.h"

namespace plan {

config::Refusal refuse_without_iommu(const config::Card& card, const host::Machine& machine);

// Does Xen keep the function from dom0, so that a guest can have it?
bool is_hidden_from_dom0(const host::Machine& machine, const host::PciFunction& function);

}  // namespace plan
