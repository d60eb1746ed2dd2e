// SPDX-License-Identifier: GPL-2.0-or-later
//
// How long a boot waits for the gate, against a static program that makes only the same raw writes
// (raw_claim, given no module). The two take turns, and before each run the overrides are cleared
// and the record of the run before is removed.
#include <cstdio>

#include <unistd.h>

#include "bench/cost/counted.h"
#include "bench/cost/traced.h"

namespace {

using namespace bench;

constexpr int kRuns = 21;

// What does not `write` the overrides is only started and ended. `work` runs it, and tells
// something of it.
template <class Work>
auto run(Work work, const char* const* arguments, bool writes = true) {
  ::unlink("/run/vfio-early/record.json");
  write_overrides("\n");
  const auto told = work(arguments);
  if (have_overrides() != writes) stop("gate_cost: a program did not do its work");
  return told;
}

}  // namespace

int main() {
  furnish();
  constexpr const char* kRaw[] = {"/raw_claim", "--", kAddresses[0], kAddresses[1], nullptr};
  constexpr const char* kGate[] = {"/vfio-early", "gate", nullptr};
  constexpr const char* kStart[] = {"/vfio-early", "--version", nullptr};
  std::vector<double> raw, gate, start;
  for (int i = 0; i < kRuns; ++i) {
    raw.push_back(run(time_of, kRaw));
    gate.push_back(run(time_of, kGate));
    start.push_back(run(time_of, kStart, /*writes=*/false));
  }
  std::printf(
      "gate cost (median of %d): raw writes %.0f us, gate %.0f us (of which starting the "
      "program %.0f us), ratio %.2f\n",
      kRuns, median(raw), median(gate), median(start), median(gate) / median(raw));
  const Calls least = run(calls_of, kRaw), ours = run(calls_of, kGate);
  std::printf("gate cost (system calls): raw writes %ld, gate %ld, of %ld program\n",
              least.system_calls, ours.system_calls, ours.executions);
  stop("bench: done");
}
