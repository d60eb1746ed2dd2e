// SPDX-License-Identifier: GPL-2.0-or-later
//
// The plan: the functions to claim, and the cards that are not claimed, with the reasons.
//
// Pure: it follows from a configuration and a snapshot of the machine, and depends on no time and
// no file. So the same plan can be printed, executed, and tested on a captured machine.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/machine.h"

namespace plan {

// A function to claim, as it was found.
struct Claim {
  std::string card;
  host::PciFunction function;
  config::Handling handling = {};
  uint16_t virtual_number = 0;  // of a virtual function of a card with 'vfs', from 0
};

// A card with 'vfs'. Of its virtual functions, those that exist are claims.
struct VirtualFunctions {
  std::string card;
  host::PciFunction physical;  // stays with its host driver, which creates them
  uint16_t wanted = 0;
  std::vector<host::PciAddress> expected;  // where they are or will be; fewer: the rest is unknown
  size_t created = 0;                      // how many of them exist
  size_t others = 0;                       // how many more exist, which are not claimed
  config::Handling handling = {};
};

struct Plan {
  std::vector<config::Card> cards;  // of the configuration: see cards_of() in plan/cards.h
  std::vector<Claim> claims;  // in the order of the configuration; 'group = claim' adds at the end
  std::vector<VirtualFunctions> virtual_functions;
  std::vector<config::Refusal> refusals;
  std::vector<config::Warning> warnings;
  bool switched_off = false;  // vfio_early=off on the command line: nothing is claimed, on purpose
  // A card is not found, and Machine::late is not read: with it, the next plan says whether the
  // card is away.
  bool lacks_card = false;

  std::map<std::string, size_t> found_devices;  // of each section with `expect` that is not refused

  // Is everything claimed that the configuration asks for, and that is in the machine?
  bool complete() const;
};

// How many cards or devices a section expects, with a number as its `count` or with `expect`, and
// how many of them are claimed.
struct Expectation {
  std::string section;
  std::string where;  // "/etc/vfio-early.conf:3"
  size_t expected = 0;
  size_t claimed = 0;
};

std::vector<Expectation> expectations(const config::Configuration& configuration, const Plan& plan);

// The addresses of the claims.
std::vector<host::PciAddress> claimed_addresses(const Plan& plan);

// What this configuration needs to know about the machine, beyond what is always read.
host::Details details_for(const config::Configuration& configuration);

Plan make_plan(const config::Configuration& configuration, const host::Machine& machine);

}  // namespace plan
