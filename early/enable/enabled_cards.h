// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cards in the ledger.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "early/enable/ledger.h"
#include "early/enable/transaction.h"
#include "host/root.h"

namespace early::enable {

// As the ledger names them: "0000:01:00".
std::vector<std::string> enabled_cards(const Ledger& ledger);

// Those with this address, in any notation, with this name of a section, or with this id on the
// running machine.
std::vector<std::string> enabled_cards(const host::Root& root, const Ledger& ledger,
                                       const std::string& text);

// What `disable` takes back (see unsettle()), in the order in which it does.
std::vector<const Entry*> entries_to_take_back(const host::Root& root, const Ledger& ledger,
                                               const std::optional<std::string>& card,
                                               Shared shared);

// "/etc/vfio-early.conf:2": a section that is there after `disable`, although no card of the ledger
// is left. It needs the changes that all cards share.
std::optional<std::string> section_that_stays(const host::Root& root, const Ledger& ledger,
                                              const std::optional<std::string>& card);

// "/etc/vfio-early.conf:2": the section with this name, or for the card at this address.
std::optional<std::string> section_of_user(const host::Root& root, const std::string& text);

}  // namespace early::enable
