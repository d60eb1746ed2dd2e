// SPDX-License-Identifier: GPL-2.0-or-later
//
// Trials: what the kernel and the card did when vfio-verify acted, as plain data that the checks
// judge. A test can construct any result.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "host/root.h"
#include "verify/inspect/facts.h"
#include "verify/trial/attachment.h"
#include "verify/trial/kvm_trial.h"
#include "verify/trial/live/trial.h"

namespace verify {

struct Trials {
  std::optional<KvmTrial> kvm;            // nullopt: not tried
  std::map<int, Attachment> attachments;  // by the number of the IOMMU group
  // Of the functions that have a probe, by run_live_trials(); nullopt: no --live.
  std::optional<std::vector<LiveTrial>> live;

  // Of a group without a trial: Step::kNotTried.
  const Attachment& attachment(const InspectedGroup& group) const;
  bool any_attached() const;
};

// Creates a virtual machine, and attaches each group once to an address space of its own. Without
// scope.live, or with scope.passive, it does nothing, and the attachments say so.
Trials run_trials(const host::Root& root, const Facts& facts, const Scope& scope);

}  // namespace verify
