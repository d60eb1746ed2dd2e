// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/gate.h"

#include <algorithm>

#include "early/say.h"

namespace early {
namespace {

using plan::FunctionRecord;
using plan::Record;
using plan::State;

// A second run in one boot finds the traces of the first. What the first one saw is the evidence:
// who held the function before anything was written, and when that was.
void keep_evidence(const host::Root& root, Record& record) {
  const auto earlier = plan::read_record(root);
  if (!earlier || earlier->boot_id != record.boot_id) return;
  for (FunctionRecord& function : record.functions) {
    const auto address = host::PciAddress::parse(function.address);
    const auto seen =
        std::find_if(earlier->functions.begin(), earlier->functions.end(),
                     [&](const FunctionRecord& f) { return f.address == function.address; });
    if (seen == earlier->functions.end() || seen->override_ns == 0) continue;
    // After a rescan the override is gone, and with it the proof.
    if (!address || host::override_of(root, *address) != seen->want) continue;
    function.found = seen->found;
    function.override_ns = seen->override_ns;
    function.bound_ns = seen->bound_ns;
  }
}

void save(const host::Root& root, const Record& record) {
  if (const auto saved = plan::write_record(root, record); !saved)
    say(root, host::Priority::kWarning, describe(saved.error()) + "; going on without a record");
}

}  // namespace

void reserve(const host::Root& root, FunctionRecord& function) {
  const std::string attribute = "/sys/bus/pci/devices/" + function.address + "/driver_override";
  if (const auto written = root.write(attribute, function.want); !written) {
    function.state = State::kFailed;
    function.why = describe(written.error());
    function.remedy = "vfio-early must run as root, with sysfs mounted writable at /sys";
    return;
  }
  function.state = State::kReserved;
  if (function.override_ns == 0) function.override_ns = plan::boot_time_ns();
}

void gate(const host::Root& root, Record& record) {
  record.gate.began_ns = plan::boot_time_ns();
  keep_evidence(root, record);
  save(root, record);
  for (FunctionRecord& function : record.functions) reserve(root, function);
  record.gate.ended_ns = plan::boot_time_ns();
  save(root, record);

  if (record.rescued)
    say(root, host::Priority::kNotice,
        "vfio_early=off stands on the kernel command line: nothing is claimed");
  for (const plan::Refusal& refusal : record.refusals) say_refusal(root, refusal);
  for (const FunctionRecord& function : record.functions)
    if (function.state == State::kFailed) say_outcome(root, function);
}

}  // namespace early
