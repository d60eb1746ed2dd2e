// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why the kernel did not enable interrupt remapping, according to its log.
#pragma once

#include <optional>
#include <string>

#include "verify/check/remedy.h"
#include "verify/inspect/facts.h"

namespace verify {

struct RemappingReason {
  std::string line;  // of the kernel log; of a message with several lines, the first one
  Remedy remedy;
};

// nullopt: the log cannot be read or has no reason. A line that states the cause is preferred to
// one that states only the result.
std::optional<RemappingReason> find_remapping_reason(const Facts& facts);

}  // namespace verify
