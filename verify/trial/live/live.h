// SPDX-License-Identifier: GPL-2.0-or-later
//
// --live: tests the functions of the inspected cards that have a probe, under safety rules.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "host/root.h"
#include "verify/trial/trials.h"

namespace verify {

struct LiveOptions {
  bool force = false;              // also tests functions that may not recover from a reset
  std::optional<Backend> backend;  // nothing: not set by the user
  int cycles = 0;                  // resets and tests each function as often; 0: once
};

// Returns `requested` if it is set, otherwise type1, which most guests use, or iommufd if the
// kernel has no type1.
Backend choose_backend(const std::optional<Backend>& requested, const Attachment& attachment);

// Fills `trials.live`. Announces each function before its test, with all functions that are
// reset. A function is not tested, and the reason is recorded:
// - if vfio-early refuses it, or if it is not on the wanted driver,
// - if its group could not be attached or is in use,
// - without `force`: if it cannot be reset, or if its family is known not to recover from a reset.
void run_live_trials(const host::Root& root, const LiveOptions& options, const Facts& facts,
                     Trials& trials, const std::function<void(const std::string&)>& announce);

}  // namespace verify
