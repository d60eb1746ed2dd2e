// SPDX-License-Identifier: GPL-2.0-or-later
//
// Selection: the functions of a machine that a card selects, or the first reason why it is not
// claimed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/machine.h"

namespace plan {

struct Selection {
  std::vector<const host::PciFunction*> functions;  // of `machine`; empty if refused
  std::optional<config::Refusal> refusal;
  std::string moved_to;  // the new addresses, if the card was followed (on-moved)
};

Selection select(const config::Card& card, const host::Machine& machine);

// "0000:01:00.0 (10de:1b81, class 030000)", for a message.
std::string name_of(const host::PciFunction& function);

// The classes of a graphics card's functions: display controller, audio, USB host controller and
// UCSI (USB-C). By default only these are claimed from a slot. The slot of an APU has other
// functions, too.
bool is_card_class(const host::PciFunction& function);

// Mass storage or network: if one is claimed by mistake, the host loses a disk or its network
// access.
bool is_storage_or_network(const host::PciFunction& function);

}  // namespace plan
