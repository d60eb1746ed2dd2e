// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/live.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/kernel_log.h"
#include "host/text.h"
#include "verify/inspect/hardware/reset_bug.h"
#include "verify/inspect/log/live_marks.h"
#include "verify/trial/live/cycles.h"
#include "verify/trial/probes/probe.h"

namespace verify {
namespace {

// The attachment is tested through type1 only. If the kernel has no type1, its failure says nothing
// about the group.
bool lacks_type1(const Attachment& attachment) {
  return attachment.ended_at == Step::kOpenContainer || attachment.ended_at == Step::kFindType1;
}

bool works_without_type1(const Attachment& attachment, Backend backend) {
  return backend == Backend::kIommufd && lacks_type1(attachment);
}

// Why a function is not tested, and the check that explains it.
struct Obstacle {
  std::string why;  // "": no obstacle
  const char* check = "";
};

Obstacle obstacle_to_trial(const ConfiguredFunction& function, const Attachment& attachment,
                           Backend backend, const std::string& reset, const std::string& family,
                           bool force) {
  // The device at this address may not be the one that the user meant.
  if (function.claim_status == ClaimStatus::kRefused)
    return {"vfio-early refuses the card", "bind.plan"};
  if (function.function.driver != function.wanted_driver)
    return {function.function.driver.empty()
                ? fmt::format("it has no driver, but needs {}", function.wanted_driver)
                : fmt::format("it is bound to {}, not to {}", function.function.driver,
                              function.wanted_driver),
            "bind.driver"};
  if (!attachment.attached() && !works_without_type1(attachment, backend))
    return {"its group is not attached", "iommu.attach"};
  if (!family.empty() && !force)
    return {fmt::format(
        "{} cards do not recover from a bus reset until a power cycle; --force tests it anyway",
        family)};
  if (reset.empty() && !force)
    return {
        "the kernel has no reset method for it, so it could not be recovered; --force tests it anyway"};
  return {};
}

// "; all functions of its bus are also reset: 0000:01:00.0 0000:01:00.2"; "" if it is alone there.
std::string also_reset_text(const Facts& facts, const ConfiguredFunction& function) {
  std::vector<std::string> names;
  for (const auto* other : hardware::also_reset_with_bus(facts.machine, function.function))
    names.push_back(other->address.str());
  return names.empty() ? ""
                       : "; all functions of its bus are also reset: " + host::join(names, " ");
}

// Opening a companion may reset it as well.
std::string held_open_text(const ConfiguredFunction& function, const InspectedGroup& group) {
  std::vector<std::string> names;
  for (const host::PciAddress& address : companions_of(function.function, group.members))
    names.push_back(address.str());
  return names.empty() ? ""
                       : fmt::format("; {} is kept open in the meantime, and reset if possible",
                                     host::join(names, " "));
}

}  // namespace

Backend choose_backend(const std::optional<Backend>& requested, const Attachment& attachment) {
  if (requested) return *requested;
  return lacks_type1(attachment) ? Backend::kIommufd : Backend::kType1;
}

void run_live_trials(const host::Root& root, const LiveOptions& options, const Facts& facts,
                     Trials& trials, const std::function<void(const std::string&)>& announce) {
  trials.live.emplace();
  for (const ConfiguredFunction& function : facts.functions) {
    if (!has_probe(function.function)) continue;
    const InspectedGroup* group = function.group ? facts.group(*function.group) : nullptr;
    const Attachment& attachment = group ? trials.attachment(*group) : Attachment{};
    const Backend backend = choose_backend(options.backend, attachment);
    const std::string reset =
        hardware::vfio_reset_method(function.hardware.reset, facts.machine, function.function);
    LiveTrial trial = {.address = function.address(), .reset = reset};
    const Obstacle obstacle = obstacle_to_trial(
        function, attachment, backend, reset,
        hardware::reset_bug(facts.machine, function.function.address.slot), options.force);
    trial.not_run = obstacle.why;
    trial.cause = obstacle.check;
    if (trial.not_run.empty()) {
      announce(fmt::format("{} is reset ({}) and tested{}{}", trial.address,
                           reset.empty() ? "no known method" : reset,
                           reset == "bus" ? also_reset_text(facts, function) : "",
                           held_open_text(function, *group)));
      // Without the marks, the faults of the test look like faults of the card.
      (void)host::write_kernel_log(root, host::Priority::kNotice,
                                   std::string(kLiveTestBegins) + trial.address);
      const auto run_once = [&] {
        return try_live(root, backend, group->number, function.function, group->members);
      };
      trial = options.cycles == 0
                  ? run_once()
                  : run_cycles(options.cycles, run_once, [&](int completed) {
                      announce(fmt::format("{} came back in {} of {} cycles", function.address(),
                                           completed, options.cycles));
                    });
      (void)host::write_kernel_log(root, host::Priority::kNotice,
                                   std::string(kLiveTestEnded) + trial.address);
      trial.reset = reset;
      trial.backend_named = options.backend.has_value();
      announce(fmt::format("the test of {} took {} ms", trial.address, trial.milliseconds));
    }
    trials.live->push_back(std::move(trial));
  }
}

}  // namespace verify
