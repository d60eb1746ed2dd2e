// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why the kernel did not enable interrupt remapping, in the words of its log.
#pragma once

#include <optional>
#include <string>

#include "verify/inspection.h"

namespace verify {

struct RemappingReason {
  std::string line;    // of the kernel's log; the first part of a message of several lines
  std::string remedy;  // as Finding::remedy
};

// Nothing if the log cannot be read or names no reason. A line that names the cause is preferred to
// one that states the result.
std::optional<RemappingReason> find_remapping_reason(const Inspection& inspection);

}  // namespace verify
