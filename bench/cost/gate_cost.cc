// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measures how long a boot waits for the gate, compared with a static program that makes only the
// same raw writes (raw_claim without modules). The two take turns. Before each run the overrides
// are cleared and the record of the run before is removed.
#include <cstdio>

#include <unistd.h>

#include "bench/cost/counted.h"
#include "bench/cost/traced.h"

namespace {

using namespace bench;

constexpr int kRuns = 21;

// Runs the program by `work`, and returns its result. `writes`: the program must write the
// overrides; a program that does not is only started and ended.
template <class Work>
auto run(Work work, const char* const* arguments, bool writes = true) {
  ::unlink("/run/vfio-early/record.json");
  write_overrides("\n");
  const auto result = work(arguments);
  if (have_overrides() != writes)
    stop("gate_cost: driver_override has an unexpected value after a program");
  return result;
}

}  // namespace

int main() {
  prepare_guest();
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
      "gate cost (median of %d): raw writes %.0f us, gate %.0f us (of which starting the program %.0f us), ratio %.2f\n",
      kRuns, median(raw), median(gate), median(start), median(gate) / median(raw));
  const Calls least = run(calls_of, kRaw), ours = run(calls_of, kGate);
  std::printf("gate cost (system calls): raw writes %ld, gate %ld, of %ld program\n",
              least.system_calls, ours.system_calls, ours.executions);
  print_figure("counted", "none", "us", median(raw), "raw writes");
  print_figure("counted", "less", "us", median(gate), "gate");
  print_figure("counted", "less", "us", median(start), "start of the program");
  print_figure("ratio", "less", "x", median(gate) / median(raw), "gate to raw writes");
  const auto calls = static_cast<double>(ours.system_calls);
  print_figure("counted", "less", "calls", calls, "gate: system calls");
  stop("bench: done");
}
