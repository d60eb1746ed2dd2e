// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cards in the ledger.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "early/enable/ledger.h"
#include "host/root.h"

namespace early::enable {

// As the ledger names them: "0000:01:00".
std::vector<std::string> enabled_cards(const Ledger& ledger);

// The card with this address, in any notation, or with this name of a section.
std::optional<std::string> enabled_card(const Ledger& ledger, const std::string& text);

// What `disable` takes back (see unsettle()), in the order in which it does.
std::vector<const Entry*> entries_to_take_back(const Ledger& ledger,
                                               const std::optional<std::string>& card);

// "/etc/vfio-early.conf:2": the section with this name, or for the card at this address.
std::optional<std::string> section_of_user(const host::Root& root, const std::string& text);

}  // namespace early::enable
