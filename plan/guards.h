// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a plan must not do, whatever the configuration says of a single card. Each takes claims out
// of the plan and puts a refusal in.
#pragma once

#include "plan/plan.h"

namespace plan {

// A function that two cards claim belongs to neither: guessing could cost the wrong one.
void refuse_overlaps(const Configuration& configuration, Plan& plan);

// A card whose claim would leave the host without a display that it has a driver for, unless its
// owner allows that. Of several cards the first ones are served first.
void refuse_last_display(const Configuration& configuration, const host::Machine& machine,
                         Plan& plan);

// May a person look at a screen on it? VGA (0300) and other display controllers (0380); a 3D
// controller (0302) has no connector.
bool is_display(const host::PciFunction& function);

// The displays that the plan leaves to the host.
std::vector<const host::PciFunction*> remaining_displays(const host::Machine& machine,
                                                         const Plan& plan);

}  // namespace plan
