// SPDX-License-Identifier: GPL-2.0-or-later
//
// Limits of the plan as a whole, whatever the configuration says of a single card. Each refuse_
// function removes claims from the plan and adds a refusal.
#pragma once

#include "plan/plan.h"

namespace plan {

// Refuses both cards if two cards claim the same function: a guess could give it to the wrong one.
void refuse_overlaps(Plan& plan);

// Refuses both cards if one claims the physical function whose virtual functions another one
// claims, or if both claim virtual functions of it.
void refuse_claimed_physical_functions(Plan& plan);

// Refuses a card whose claim would leave the host without a display that it has a driver for,
// unless the configuration allows that. The last card is refused first.
void refuse_last_display(const host::Machine& machine, Plan& plan);

// Can a screen be connected to it? VGA (0300) and other display controllers (0380); a 3D controller
// (0302) has no connector.
bool is_display(const host::PciFunction& function);

// The displays that the plan leaves to the host and that have a host driver.
std::vector<const host::PciFunction*> remaining_displays(const host::Machine& machine,
                                                         const Plan& plan);

}  // namespace plan
