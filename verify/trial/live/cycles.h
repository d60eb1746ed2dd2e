// SPDX-License-Identifier: GPL-2.0-or-later
//
// --cycles: repeats the live trial of a function until it does not come back.
#pragma once

#include <functional>

#include "verify/trial/live/trial.h"

namespace verify {

inline constexpr int kMostCycles = 100'000;

// Runs `trial` at most `cycles` times, and returns the last result with its `endurance`: of the
// first cycle in which the function did not come back, or of the last one. `report` gets the number
// of completed cycles, at most ten times. If the first trial could not be run, there is no
// endurance: the result says why.
LiveTrial run_cycles(int cycles, const std::function<LiveTrial()>& trial,
                     const std::function<void(int completed)>& report);

}  // namespace verify
