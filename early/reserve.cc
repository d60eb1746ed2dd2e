// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/reserve.h"

#include <cerrno>

#include "early/probe_wait.h"
#include "early/unbind.h"
#include "early/write_with_timeout.h"

namespace early {
namespace {

using record::FunctionRecord;
using record::State;

std::string attribute_of(const FunctionRecord& function) {
  return function.address.sysfs() + "/driver_override";
}

void settle_held(FunctionRecord& function, const std::string& driver) {
  function.found = driver;
  // If the driver may be unbound, the state stays kIntended: bind does it, and no boot waits for
  // bind.
  if (!may_unbind(function)) mark_held(function);
}

void settle_failed(FunctionRecord& function, int code) {
  function.settle(
      State::kFailed, host::describe({code, "write " + attribute_of(function)}),
      code == ETIMEDOUT
          ? "see the kernel log for the driver that probes the function; rebuild the initramfs, in which vfio-early runs before that driver, and reboot"
      : code == ENOENT ? "check that sysfs is mounted at /sys, and run `ls " +
                             function.address.sysfs() + "`: the function may have disappeared"
                       : remedy_for_write(code));
}

bool is_other_driver(const FunctionRecord& function, const std::string& driver) {
  return !driver.empty() && driver != function.wanted_driver;
}

// The longest that a boot waits for a probe.
constexpr int kProbeMilliseconds = 1000;

// The driver link also appears just before the kernel refuses a probe because of the override.
std::string settled_driver(const host::Root& root, const FunctionRecord& function) {
  std::string driver = host::driver_of(root, function.address);
  if (!is_other_driver(function, driver)) return driver;
  (void)wait_for_probe(root, function.address, kProbeMilliseconds);
  return host::driver_of(root, function.address);
}

// claim.pml: settle_written. A driver that is bound after the write was faster: its link is set
// before the kernel reads the override (really_probe, then pci_match_device).
void settle_written(const host::Root& root, FunctionRecord& function, const WriteOutcome& written) {
  if (written.code != 0) return settle_failed(function, written.code);
  const std::string driver = settled_driver(root, function);
  if (is_other_driver(function, driver)) {
    (void)write_with_timeout(root, attribute_of(function), "\n");  // a lone line end clears it
    return settle_held(function, driver);
  }
  function.state = State::kReserved;
  if (function.override_ns != 0) return;  // the evidence of an earlier run counts
  function.found = driver;
  function.override_ns = written.when_ns;
}

}  // namespace

// claim.pml: reserve
void reserve(const host::Root& root, std::vector<FunctionRecord>& all) {
  std::vector<FunctionRecord*> functions;
  std::vector<AttributeWrite> writes;
  for (FunctionRecord& function : all) {
    if (function.state != State::kIntended) continue;
    // If an earlier run reserved it, `found` is evidence of that run: the driver may not be bound
    // now.
    if (function.override_ns == 0 && is_other_driver(function, function.found)) {
      settle_held(function, std::string(function.found));
      continue;
    }
    auto attribute = open_attribute(root, attribute_of(function));
    if (!attribute) {
      settle_failed(function, attribute.error().code);
      continue;
    }
    functions.push_back(&function);
    writes.push_back({.attribute = std::move(*attribute), .text = function.wanted_driver});
  }
  const auto outcomes = write_with_timeout(std::move(writes));
  for (size_t i = 0; i < outcomes.size(); ++i) settle_written(root, *functions[i], outcomes[i]);
}

}  // namespace early
