// SPDX-License-Identifier: GPL-2.0-or-later
//
// The identity of a card, compared with functions of the machine.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/machine.h"
#include "plan/card_functions.h"

namespace plan {

// Is the function's id one of the identity's?
bool has_id_of(const config::Identity& identity, const host::PciFunction& function);

// Is every id of the identity in `functions`, and does no function have a different serial number?
bool have_all_of(const config::Identity& identity, const Functions& functions);

// The functions that have the whole identity: one group for each slot that has all of it, else one
// group across slots if each id occurs exactly once. Without virtual functions, which have ids of
// their own or those of another card.
std::vector<Functions> locations_of(const config::Identity& identity, const host::Machine& machine);

// "10de:1b81 10de:10f0 serial 00-11-22-33-44-55-66-77", for a message.
std::string text_of(const config::Identity& identity);

// " (serial 00-11-22-33-44-55-66-77)", to follow the id of a function in a message.
std::string serial_text_of(const host::PciFunction& function);

}  // namespace plan
