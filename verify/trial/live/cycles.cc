// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/cycles.h"

#include <algorithm>
#include <cerrno>

namespace verify {
namespace {

// Why the function did not come back; "": it did. What it does to memory that it must not reach is
// judged by other checks.
std::string problem_of(const LiveTrial& trial) {
  if (trial.obstacle) return host::describe(*trial.obstacle);
  if (!trial.has_right_answers()) return "it did not answer correctly after the reset";
  if (trial.stopped_answering) return "it answered at first, but not after it was restarted";
  return {};
}

}  // namespace

LiveTrial run_cycles(int cycles, const std::function<LiveTrial()>& trial,
                     const std::function<void(int completed)>& report) {
  constexpr int kReports = 10;
  const int step = std::max(1, cycles / kReports);
  Endurance endurance{.wanted = cycles};
  LiveTrial last;
  int milliseconds = 0;
  while (endurance.completed < cycles && endurance.why.empty()) {
    last = trial();
    if (endurance.completed == 0 && !last.was_run()) return last;
    milliseconds += last.milliseconds;
    endurance.why = problem_of(last);
    endurance.in_use = last.obstacle && last.obstacle->code == EBUSY;
    if (!endurance.why.empty()) break;
    if (++endurance.completed % step == 0) report(endurance.completed);
  }
  last.milliseconds = milliseconds;
  last.endurance = endurance;
  return last;
}

}  // namespace verify
