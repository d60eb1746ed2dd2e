// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-early claim CARD`: takes a configured card from the host in the running system. Refused
// while anything uses the card. If a step fails, or this is killed, the host gets all of it back:
// see hand_overs.h.
#pragma once

#include <string>

#include "host/root.h"

namespace early::hand_over {

struct ClaimRequest {
  std::string what;    // a section, or an address of the card
  std::string config;  // the configuration file
  bool stop_services = false;
  std::string domain;  // of libvirt, which will use the card; "": none
};

// Returns the exit status of the command. The caller has the lock.
int claim_card(const host::Root& root, const ClaimRequest& request);

}  // namespace early::hand_over
