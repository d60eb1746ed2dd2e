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
  std::optional<config::Refusal> shortage;  // of a unit (`expect`): `functions` are not all
  std::string moved_to;     // the new addresses, if the card was followed (on-moved)
  bool lacks_card = false;  // refused because no function is where the configuration says
};

Selection select(const config::Card& card, const host::Machine& machine);

}  // namespace plan
