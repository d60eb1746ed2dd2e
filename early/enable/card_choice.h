// SPDX-License-Identifier: GPL-2.0-or-later
//
// The numbered list from which the user chooses a card.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "early/enable/named_card.h"
#include "host/machine.h"
#include "host/root.h"

namespace early::enable {

// The graphics cards and accelerators.
std::vector<NamedCard> cards_to_choose(const host::Machine& machine);

// For each card: its number, address and name; who uses it now; which displays the host keeps.
std::string choice_text(const host::Root& root, const host::Machine& machine,
                        const config::Configuration& configuration,
                        const std::vector<NamedCard>& cards);

// The card with that number; nullopt: it is not a number of the list.
std::optional<NamedCard> chosen(const std::vector<NamedCard>& cards, const std::string& answer);

}  // namespace early::enable
