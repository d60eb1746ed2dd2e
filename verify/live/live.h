// SPDX-License-Identifier: GPL-2.0-or-later
//
// --live: tests the functions of the inspected cards that have a probe, under safety rules.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "host/root.h"
#include "verify/inspection.h"

namespace verify {

struct LiveWishes {
  bool force = false;              // also tests functions that may not recover from a reset
  std::optional<Backend> backend;  // nothing: not set by the user
};

// Returns `wish` if it is set, otherwise type1, which most guests use, or iommufd if the kernel has
// no type1.
Backend choose_backend(const std::optional<Backend>& wish, const Attachment& attachment);

// Fills `inspection.live`. Announces each function before its test, with all functions that are
// reset. A function is not tested, and the reason is recorded:
// - if vfio-early refuses it, or if it is not on the wanted driver,
// - if its group could not be attached or is in use,
// - without `force`: if it cannot be reset, or if its family is known not to recover from a reset.
void act_live(const host::Root& root, const LiveWishes& wishes, Inspection& inspection,
              const std::function<void(const std::string&)>& announce);

// The family of an AMD graphics card that hangs after a reset of its bus, until the machine is
// switched off; "" for all other devices.
std::string reset_bug(const host::PciId& id);
// The same for a card: its display function has the family's id, and its other functions are reset
// with it.
std::string reset_bug(const host::Machine& machine, const host::PciSlot& slot);

}  // namespace verify
