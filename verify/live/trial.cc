// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/live/trial.h"

#include <cerrno>
#include <chrono>

#include "verify/live/interrupt_trial.h"
#include "verify/live/stage.h"
#include "verify/probes/probe.h"

namespace verify {
namespace {

// Opens the device and runs the tests. The device stays open until they end.
host::Result<void> play(const host::Root& root, Backend backend, int group,
                        const host::PciFunction& function,
                        const std::vector<host::PciFunction>& members, LiveTrial& trial) {
  const auto opened =
      open_device(root, backend, group, function.address, companions_of(function, members));
  if (!opened) return opened.error();
  if (auto hit = opened->device().reset_with_bus()) trial.reset_with_bus = std::move(*hit);
  const auto probe = make_probe(opened->device(), function);
  if (!probe) return probe.error();
  trial.kind = (*probe)->kind();
  return play_on_stage(root, *opened->space, **probe,
                       {.count_interrupts =
                            [&](const ProbePages& pages) {
                              return try_interrupts(root, opened->device(), **probe, trial.address,
                                                    pages);
                            },
                        .reset = [&] { (void)opened->device().reset(); }},
                       trial);
}

}  // namespace

bool LiveTrial::tried() const {
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
  if (const auto played = play(root, backend, group, function, members, trial); !played)
    trial.obstacle = played.error();
  trial.milliseconds = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                            std::chrono::steady_clock::now() - began)
                                            .count());
  return trial;
}

}  // namespace verify
