// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cards that the user names on the command line: by section, by PCI address or by id.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/pci_function.h"
#include "host/root.h"
#include "verify/options.h"

namespace verify {

// Names of sections stay as they are. A PCI address in any notation is written in full, or becomes
// the section that selects it if there is no function. An id becomes the slots that have it (the
// functions, if they are virtual). What is none of these stays, too.
std::vector<std::string> named_cards(const std::vector<std::string>& operands,
                                     const config::Configuration& configuration,
                                     const std::vector<host::PciFunction>& functions);

// The options with the cards in full, as the rest of the program knows them.
Options with_named_cards(Options options, const config::Configuration& configuration,
                         const host::Root& root);

}  // namespace verify
