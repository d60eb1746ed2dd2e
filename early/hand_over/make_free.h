// SPDX-License-Identifier: GPL-2.0-or-later
//
// The step of `vfio-early claim CARD` that looks for what uses the card, and waits for what was
// asked to end.
#pragma once

#include <string>
#include <vector>

#include "early/hand_over/hand_overs.h"
#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

// Success: nothing holds the functions. With `stops_services`, stops the system services that do;
// each is saved in the hand-over of the card before. Notes the consoles on the card there, without
// saving them. An error names what still holds the card, after each holder and its remedy were
// printed; or it is that of a service that does not stop.
host::Result<void> make_free(const host::Root& root,
                             const std::vector<const host::PciFunction*>& functions,
                             bool stops_services, HandOvers& hand_overs, const std::string& card);

}  // namespace early::hand_over
