// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a function that vfio-early claimed has another driver now, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "verify/check/inspection.h"
#include "verify/check/remedy.h"

namespace verify {

std::vector<const plan::Taker*> takers_of(const Inspection& inspection,
                                          const host::PciAddress& address);
Remedy remedy_of(const plan::Taker& taker);

// The function was bound in this boot and has another driver now, or none. Not for a function that
// was released.
bool is_lost(const Inspection& inspection, const ConfiguredFunction& function);
// When it was bound, what it was lost to, and to whom, if that is known.
std::string loss(const Inspection& inspection, const ConfiguredFunction& function);
Remedy remedy_of_loss(const Inspection& inspection, const ConfiguredFunction& function);

// Keeps pci-stub from binding the function.
Remedy remove_stub(const Inspection& inspection, const ConfiguredFunction& function);

}  // namespace verify
