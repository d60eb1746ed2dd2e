// SPDX-License-Identifier: GPL-2.0-or-later
//
// Selection: which functions of a machine one card means, or the first reason why none may be
// taken for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/machine.h"
#include "plan/configuration.h"

namespace plan {

struct Selection {
  std::vector<const host::PciFunction*> functions;  // of `machine`; empty exactly when refused
  std::optional<Refusal> refusal;
  std::string moved_to;  // on-moved = follow, and it had moved: where it sits now
};

Selection select(const Card& card, const host::Machine& machine);

// "0000:01:00.0 (10de:1b81, class 030000)", for a sentence.
std::string name_of(const host::PciFunction& function);

// What a graphics card's slot may hold, and all that is taken from one unasked: the display
// controller, its audio, its USB host and its UCSI (USB-C) function. An APU's slot holds more.
bool is_card_class(const host::PciFunction& function);

// Mass storage and network: to lose one by mistake is to lose a disk or the way in.
bool is_precious(const host::PciFunction& function);

}  // namespace plan
