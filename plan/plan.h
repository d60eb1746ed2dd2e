// SPDX-License-Identifier: GPL-2.0-or-later
//
// The plan: which functions are to be claimed, and which cards are not and why.
//
// Pure: a configuration and a snapshot of the machine in, claims and refusals out. Nothing that
// depends on time or on a file belongs here, so that the same plan can be printed, executed, and
// tried on a captured machine.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"
#include "plan/configuration.h"

namespace plan {

// One function that is to be ours, as it was found.
struct Claim {
  std::string card;
  host::PciFunction function;
  Handling handling = {};
};

// What the owner should know although it keeps no card from being claimed.
struct Warning {
  std::string card;  // "" where it concerns none
  std::string what;
  std::string remedy;
};

struct Plan {
  std::vector<Claim> claims;  // in the order of the configuration, functions ascending
  std::vector<Refusal> refusals;
  std::vector<Warning> warnings;
  bool rescued = false;  // vfio_early=off on the command line: nothing is claimed, on purpose

  // Did the owner get all that was asked for?
  bool complete() const { return refusals.empty(); }
};

// What has to be read of the machine for this configuration, beside the little that is always read.
host::Details details_for(const Configuration& configuration);

Plan make_plan(const Configuration& configuration, const host::Machine& machine);

}  // namespace plan
