// SPDX-License-Identifier: GPL-2.0-or-later
//
// --live: the functions of the inspected cards that there is a probe for are made to work, with the
// manners that this needs.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "host/root.h"
#include "verify/inspection.h"

namespace verify {

struct LiveWishes {
  bool force = false;              // also what may not come back from a reset
  std::optional<Backend> backend;  // nothing: what the kernel has
};

// Type1, through which most guests run, unless the kernel turned out to have none; then iommufd.
Backend choose_backend(const std::optional<Backend>& wish, const Attachment& attachment);

// Fills `inspection.live`. Each function is announced first, with what gets reset. Left alone and
// said why: what is on no vfio driver, whose group could not be attached or is in use, and without
// force what can't be reset or is of a family known not to come back from it.
void act_live(const host::Root& root, const LiveWishes& wishes, Inspection& inspection,
              const std::function<void(const std::string&)>& announce);

// AMD's graphics cards that hang when their bus is reset, until the machine is switched off: the
// name of the family; "" for all others.
std::string reset_bug(const host::PciId& id);
// The same of a card: its display tells the family, and its other functions are reset with it.
std::string reset_bug(const host::Machine& machine, const host::PciSlot& slot);

}  // namespace verify
