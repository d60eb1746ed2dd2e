// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cards of a section. A section with `count` has several: each gets a name of its own, and is
// selected, refused, claimed and released on its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/machine.h"

namespace plan {

// The section itself if it has no `count`, or if no card or too many match it: select() then says
// why. If too few match, their cards and then the section, which is refused for the missing ones.
std::vector<config::Card> cards_of(const config::Card& section, const host::Machine& machine);

// The slots of the cards that `id` or `class` of the section matches, in address order. Virtual
// functions do not count.
std::vector<host::PciSlot> matching_slots(const config::Card& section,
                                          const host::Machine& machine);

// What the cards of a section with `id` or `class` have: "10de:1b81" or "class 03".
std::string kind_of(const config::Card& section);

// The refusal of a section with `count` that too many or too few cards match; nullopt: their number
// is right.
std::optional<config::Refusal> wrong_count(const config::Card& section,
                                           const host::Machine& machine);

}  // namespace plan
