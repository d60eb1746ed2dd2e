// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card that the user names, and its section for the configuration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/machine.h"
#include "host/result.h"

namespace early::enable {

struct NamedCard {
  host::PciSlot slot;
  // Set: this function alone, because it is virtual, or not a part of a graphics card.
  std::optional<uint8_t> function;

  bool operator==(const NamedCard&) const = default;

  // "0000:01:00", or "0000:01:00.0" if it is one function. It names the card in the ledger.
  std::string str() const;
  bool contains(const host::PciAddress& address) const;
};

// An address in any notation of config::SlotOrFunction, or an id that one card has. The error is
// for the user: "there is no device at 0000:07:00".
host::Result<NamedCard> find_card(const host::Machine& machine, const std::string& text);

// What is claimed of it.
std::vector<const host::PciFunction*> functions_of(const host::Machine& machine,
                                                   const NamedCard& card);

// The card of the configuration that selects it already; nullptr: none.
const config::Card* configured(const config::Configuration& configuration,
                               const host::Machine& machine, const NamedCard& card);

// "card", "card2" and so on: the first that no section has.
std::string free_name(const config::Configuration& configuration, const host::Root& root);

std::string section_file(const std::string& name);

// The text of that file.
std::string section_text(const host::Machine& machine, const NamedCard& card,
                         const std::string& name, bool may_be_last_display);

}  // namespace early::enable
