// SPDX-License-Identifier: GPL-2.0-or-later
//
// The plan: the functions to claim, and the cards that are not claimed, with the reasons.
//
// Pure: it follows from a configuration and a snapshot of the machine, and depends on no time and
// no file. So the same plan can be printed, executed, and tested on a captured machine.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"
#include "plan/configuration.h"

namespace plan {

// A function to claim, as it was found.
struct Claim {
  std::string card;
  host::PciFunction function;
  Handling handling = {};
};

// What the user should know, although it does not prevent a claim.
struct Warning {
  std::string card;  // "" if it concerns no card
  std::string what;
  std::string remedy;
};

struct Plan {
  std::vector<Claim> claims;  // in the order of the configuration; 'group = claim' adds at the end
  std::vector<Refusal> refusals;
  std::vector<Warning> warnings;
  bool rescued = false;  // vfio_early=off on the command line: nothing is claimed, on purpose

  // Is everything claimed that the configuration asks for?
  bool complete() const { return refusals.empty(); }
};

// What this configuration needs to know about the machine, beyond what is always read.
host::Details details_for(const Configuration& configuration);

Plan make_plan(const Configuration& configuration, const host::Machine& machine);

}  // namespace plan
