// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is a card that was not found away for now? Then it is claimed when it appears: it is unplugged or
// switched off, or it is a virtual function, which does not exist at boot.
#pragma once

#include <optional>
#include <string>

#include "config/configuration.h"
#include "host/machine.h"

namespace plan {

struct Absence {
  std::string why;  // continues "the card is": "not connected: …", "not created yet: …"
  std::string remedy;
  bool is_virtual = false;  // a virtual function, which often has the ids of its physical function
};

// nullopt: nothing in Machine::late says so.
std::optional<Absence> absence_of(const config::Card& card, const host::Machine& machine);

}  // namespace plan
