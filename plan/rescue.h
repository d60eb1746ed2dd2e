// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dead-man rescue: the decision that follows from the boot flag. Pure.
//
//   flag found             this boot   flag written
//   pending                skips       skipped: the last boot did not reach its healthy mark
//   healthy, same claims   claims      none
//   anything else          claims      pending, until `vfio-early healthy` or a clean shutdown
//
// A pending flag counts whatever its fingerprint is: a user who starts another kernel because of a
// black screen must not get a black screen there, too.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"
#include "record/boot_flag.h"

namespace plan {

// The rescue that the configuration asks for; armed() if any card has 'healthy-when'.
record::Rescue configured_rescue(const config::Configuration& configuration);

// Identifies a set of claims: what is claimed and how, under which kernel and firmware, and which
// displays stay with the host. "" if no armed card is claimed.
std::string fingerprint(const Plan& plan, const config::Configuration& configuration,
                        const host::Machine& machine, std::string_view firmware);

// Completes `configured`. `earlier` is an earlier decision in the same boot, or nullptr. It is
// kept: a pending flag may have been written by this boot.
record::Rescue decide(record::Rescue configured, const record::BootFlag& found,
                      const std::string& fingerprint, const record::Rescue* earlier);

// Turns the claims of armed cards into refusals.
void refuse_armed_cards(Plan& plan, const config::Configuration& configuration);

}  // namespace plan
