// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/trial.h"

#include <cerrno>
#include <chrono>

#include "verify/trial/live/interrupt_trial.h"
#include "verify/trial/live/trial_runner.h"
#include "verify/trial/probes/probe.h"

namespace verify {
namespace {

// Opens the device and runs the tests. The device stays open until they end.
host::Result<void> open_and_run(const host::Root& root, Backend backend, int group,
                                const host::PciFunction& function,
                                const std::vector<host::PciFunction>& members, LiveTrial& trial) {
  const auto opened = open_device(root, backend, group, function.address,
                                  companions_of(function, members), trial.ended_at);
  if (!opened) return opened.error();
  trial.ended_at = LiveStep::kTest;
  if (auto also_reset = opened->device().bus_reset_functions())
    trial.bus_reset_functions = std::move(*also_reset);
  const auto probe = make_probe(opened->device(), function);
  if (!probe) return probe.error();
  trial.kind = (*probe)->kind();
  return run_trial(root, *opened->space, **probe,
                   {.count_interrupts =
                        [&](const ProbePages& pages) {
                          return try_interrupts(root, opened->device(), **probe, trial.address,
                                                pages);
                        },
                    .reset = [&] { (void)opened->device().reset(); }},
                   trial);
}

}  // namespace

bool LiveTrial::has_right_answers() const {
  return answers.size() == 4 && answers[0] != 0 && answers[1] != 0 && answers[0] != answers[1] &&
         answers[0] == answers[2] && answers[1] == answers[3];
}

bool LiveTrial::was_run() const {
  return not_run.empty() && !(obstacle && (obstacle->code == ENOTSUP || obstacle->code == EBUSY));
}

std::vector<host::PciAddress> companions_of(const host::PciFunction& function,
                                            const std::vector<host::PciFunction>& members) {
  std::vector<host::PciAddress> companions;
  for (const host::PciFunction& member : members)
    if (member.address.slot == function.address.slot && member.address.function == 0 &&
        member.address != function.address)
      companions.push_back(member.address);
  return companions;
}

LiveTrial try_live(const host::Root& root, Backend backend, int group,
                   const host::PciFunction& function,
                   const std::vector<host::PciFunction>& members) {
  LiveTrial trial;
  trial.address = function.address.str();
  trial.backend = backend;
  const auto began = std::chrono::steady_clock::now();
  if (const auto done = open_and_run(root, backend, group, function, members, trial); !done)
    trial.obstacle = done.error();
  trial.milliseconds = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                            std::chrono::steady_clock::now() - began)
                                            .count());
  return trial;
}

}  // namespace verify
