// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inspection: all that a check judges.
#pragma once

#include <optional>

#include "verify/check/finding.h"
#include "verify/inspect/facts.h"
#include "verify/inspect/image/next_image.h"
#include "verify/trial/trials.h"

namespace verify {

struct JudgedImage : NextImage {
  Findings findings;  // of the checks image.*
};

struct Inspection : Facts, Trials {
  std::optional<JudgedImage> next_image;  // nullopt: not read
};

}  // namespace verify
