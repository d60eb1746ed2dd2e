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

// The command of Qubes OS that gives a function to a VM.
std::string qubes_attachment(const host::PciAddress& address);

// "01:00.0": the address as Qubes OS writes it, without the domain 0.
std::string without_domain(const host::PciAddress& address);

}  // namespace plan
