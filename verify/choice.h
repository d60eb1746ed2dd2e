// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which functions are looked at. Those that vfio-early would claim, and more: a card that the plan
// refuses, since that is how an update shows itself, and one that somebody names by its place
// before there is a section for it. Pure.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"
#include "plan/configuration.h"
#include "plan/plan.h"

namespace verify {

// What vfio-early does with a function that is looked at.
enum class Standing {
  kClaimed,  // it would claim it, were there an IOMMU
  kRefused,  // a section means it, or what was at its place, and the plan refuses it: bind.plan
  kUnconfigured,  // no section names it
};

struct Chosen {
  std::string card;  // the name of a section, or the place by which it was asked for
  host::PciFunction function;
  std::string want = plan::kDefaultDriver;
  Standing standing = Standing::kClaimed;
};

struct Choice {
  std::vector<Chosen> functions;             // in the order of the configuration
  std::vector<plan::Refusal> refusals;       // of the chosen cards, and of whole files
  std::vector<host::PciAddress> spoken_for;  // of every section's cards, and of those asked for
};

// `wanted` are names of sections, slots and functions ("0000:01:00", "0000:01:00.0"); empty: all
// sections.
Choice choose(const plan::Configuration& configuration, const host::Machine& machine,
              const std::vector<std::string>& wanted);

// Is it a place, as somebody writes one who has no section to name?
bool is_place(const std::string& wanted);
// Does it name this function's place?
bool names_place_of(const std::string& wanted, const host::PciFunction& function);

}  // namespace verify
