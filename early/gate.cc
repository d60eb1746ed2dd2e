// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/gate.h"

#include <algorithm>

#include "early/deadline.h"
#include "early/messages.h"
#include "early/modules.h"
#include "early/probe_wait.h"
#include "early/rescue.h"
#include "early/reserve.h"
#include "early/virtual_functions.h"

namespace early {
namespace {

using record::FunctionRecord;
using record::Record;
using record::State;

// A file that is not a configuration must not flood the kernel log.
constexpr size_t kMaxLoggedRefusals = 16;

// Keeps the functions that this boot has bound and that are no longer configured: they are still
// bound, and can be released.
void keep_unconfigured_functions(const host::Root& root, const Record& earlier, Record& record) {
  for (const FunctionRecord& seen : earlier.functions) {
    const bool planned =
        std::any_of(record.functions.begin(), record.functions.end(),
                    [&](const FunctionRecord& f) { return f.address == seen.address; });
    if (!planned && seen.state == State::kBound &&
        host::driver_of(root, seen.address) == seen.wanted_driver)
      record.functions.push_back(seen);
  }
}

void keep_evidence_of_creation(const Record& earlier, Record& record) {
  for (record::PhysicalRecord& physical : record.physical_functions)
    for (const record::PhysicalRecord& seen : earlier.physical_functions)
      if (seen.address == physical.address) {
        physical.autoprobe_ns = seen.autoprobe_ns;
        physical.created_ns = seen.created_ns;
      }
}

// A second run in the same boot keeps the evidence of the first one: which driver held the function
// when the override was written, and when that was.
void keep_evidence(const host::Root& root, Record& record) {
  const auto earlier = record::read_record(root);
  if (!earlier || earlier->boot_id != record.boot_id) return;
  if (earlier->gate.began_ns != 0) record.gate.began_ns = earlier->gate.began_ns;
  for (FunctionRecord& function : record.functions) {
    const auto seen =
        std::find_if(earlier->functions.begin(), earlier->functions.end(),
                     [&](const FunctionRecord& f) { return f.address == function.address; });
    if (seen == earlier->functions.end()) continue;
    function.released = seen->released;
    function.reappeared = seen->reappeared;
    if (seen->override_ns == 0) continue;
    // After a rescan the override is gone, and with it the proof.
    if (override_within(root, function.address) != seen->wanted_driver) continue;
    function.found = seen->found;
    function.in_initramfs = seen->in_initramfs;
    function.override_ns = seen->override_ns;
    function.bound_ns = seen->bound_ns;
    function.warnings = seen->warnings;
    function.framebuffer = seen->framebuffer;
    if (seen->state == State::kBound &&
        host::driver_of(root, function.address) == seen->wanted_driver)
      function.state = State::kBound;
    record.bind = earlier->bind;
  }
  keep_evidence_of_creation(*earlier, record);
  keep_unconfigured_functions(root, *earlier, record);
  // No bind has handled a function that is to be reserved again.
  if (std::any_of(record.functions.begin(), record.functions.end(),
                  [](const FunctionRecord& f) { return f.state == State::kIntended; }))
    record.bind = {};
}

void log_refusals(const host::Root& root, const Record& record) {
  const size_t count = record.refusals.size();
  for (size_t i = 0; i < std::min(count, kMaxLoggedRefusals); ++i)
    log_refusal(root, record.refusals[i]);
  if (count > kMaxLoggedRefusals)
    log_message(root, host::Priority::kError,
                std::to_string(count - kMaxLoggedRefusals) +
                    " more refusals. Remedy: run `vfio-early plan`, which prints all of them");
}

}  // namespace

void choose_variant_drivers(const host::Root& root, Record& record) {
  for (FunctionRecord& function : record.functions)
    if (function.wanted_driver == config::kAutoDriver)
      function.wanted_driver = variant_driver(root, function.address);
}

// claim.pml: Gate
void gate(const host::Root& root, Record& record, std::chrono::milliseconds waits) {
  const ProcessDeadline limit(waits);
  record.gate.began_ns = record::boot_time_ns();
  choose_variant_drivers(root, record);
  keep_evidence(root, record);
  save_record(root, record);
  keep_from_host_drivers(root, record.physical_functions);
  reserve(root, record.functions);
  record.gate.ended_ns = record::boot_time_ns();
  save_record(root, record);

  if (record.switched_off)
    log_message(root, host::Priority::kNotice,
                "vfio_early=off is set on the kernel command line: nothing is claimed");
  log_unavailable(root, record.rescue);
  log_refusals(root, record);
  for (const config::Warning& warning : record.warnings) log_warning(root, warning);
  for (const FunctionRecord& function : record.functions)
    if (function.state == State::kFailed || function.state == State::kHeld)
      log_outcome(root, function);
  for (const record::PhysicalRecord& physical : record.physical_functions)
    if (physical.state == record::Creation::kFailed) log_creation(root, physical);
}

}  // namespace early
