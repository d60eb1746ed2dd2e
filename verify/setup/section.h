// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card's section of the configuration, as steps of `setup`.
#pragma once

#include <string>

#include "config/configuration.h"
#include "verify/check/inspection.h"
#include "verify/setup/steps.h"

namespace verify {

// For a card without a section: the section, and why vfio-early would refuse to claim the card. For
// a card with a section: its identity if that is missing, and why the card is refused.
void add_configuration(const Inspection& inspection, const config::Configuration& configuration,
                       Steps& steps);

// For cards that are configured, but that the machine does not have now.
void add_awaited(const Inspection& inspection, Steps& steps);

// What the user should know before the function is given to a guest; begins with an empty line.
std::string notes_on(const host::Machine& machine, const host::PciFunction& function);

}  // namespace verify
