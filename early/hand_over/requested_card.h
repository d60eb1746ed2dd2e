// SPDX-License-Identifier: GPL-2.0-or-later
//
// The card that a command names, and the plan to claim it now.
#pragma once

#include <string>

#include "early/planned_machine.h"
#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

struct RequestedCard {
  std::string name;
  std::string where;  // "/etc/vfio-early.conf:3"
  PlannedMachine planned;
  bool is_last_display = false;  // the host has no other display with a driver
};

// `what`: a section, or an address of one of its functions. The guards of a boot apply. The error
// has a complete message; its code is 0 for a mistake of the configuration or of the usage.
host::Result<RequestedCard> requested_card(const host::Root& root, const std::string& config,
                                           const std::string& what);

// The section that has `what`; "": none does.
std::string card_named(const host::Root& root, const config::Configuration& configuration,
                       const std::string& what);

}  // namespace early::hand_over
