// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/bind.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>

#include "early/deadline.h"
#include "early/framebuffer.h"
#include "early/messages.h"
#include "early/modules.h"
#include "early/probe_wait.h"
#include "early/rescue.h"
#include "early/reserve.h"
#include "early/settings.h"
#include "early/virtual_functions.h"
#include "early/write_with_timeout.h"

namespace early {
namespace {

using host::PciAddress;
using host::Root;
using record::FunctionRecord;
using record::State;

void settle_bound(FunctionRecord& function) {
  function.settle(State::kBound, "", "");
  if (function.bound_ns == 0) function.bound_ns = record::boot_time_ns();
}

void settle_held(const Root& root, FunctionRecord& function, const std::string& driver) {
  const auto override = override_within(root, function.address);
  if (override == function.wanted_driver)
    return function.settle(State::kHeld, driver + " holds it, although it was reserved",
                           "find out which program bound " + driver +
                               " by force: see the kernel log around this line");
  if (override && !override->empty())
    return function.settle(
        State::kHeld, driver + " holds it, because another program set driver_override",
        "remove the setting that `vfio-early plan` names: an override of driverctl, or a udev rule");
  function.settle(
      State::kHeld, driver + " holds it, because driver_override is not set any more",
      "reboot; if it happens again, see the kernel log for a removal of the function, or for a `vfio-early bind` that was killed");
}

constexpr int kOwnProbeMilliseconds = 10'000;  // vfio-pci's takes a fraction of a second
constexpr int kLockMilliseconds = 1000;        // for a lock that was waited for before
constexpr const char* kWaitOrReboot =
    "see the kernel log for the reason; run `vfio-early bind` again later, or reboot";

// The bound driver, "" if there is none. nullopt: a probe is still in flight after this time, so
// the `driver` link may change.
// claim.pml: holder_of
std::optional<std::string> holder_of(const Root& root, const PciAddress& address,
                                     int milliseconds = kLongestProbeMilliseconds) {
  if (!wait_for_probe(root, address, milliseconds)) return std::nullopt;
  return host::driver_of(root, address);
}

// holder_of() after `step`. If `step` timed out, waits only a short time for the probe.
std::optional<std::string> holder_after(const host::Result<void>& step, const Root& root,
                                        const PciAddress& address) {
  const bool hangs = !step && step.error().code == ETIMEDOUT;
  return holder_of(root, address, hangs ? kLockMilliseconds : kLongestProbeMilliseconds);
}

// claim.pml: settle_probed
void settle_probed(const Root& root, FunctionRecord& function) {
  const std::string driver = host::driver_of(root, function.address);
  const bool ours = driver.empty() || driver == function.wanted_driver;
  function.settle(ours ? State::kDriverless : State::kHeld,
                  "the probe of " + (driver.empty() ? "an unknown driver" : driver) +
                      " has not finished" + (ours ? "; no host driver gets the function" : ""),
                  kWaitOrReboot);
}

// claim.pml: settle
void settle(const Root& root, FunctionRecord& function, const std::optional<std::string>& holder) {
  if (!holder) return settle_probed(root, function);
  if (*holder == function.wanted_driver) return settle_bound(function);
  settle_held(root, function, *holder);
}

void settle_unloaded(FunctionRecord& function, const host::Error& error,
                     const std::string& kernel) {
  if (error.code == ETIMEDOUT)
    return function.settle(State::kDriverless,
                           "loading " + function.wanted_driver + " has not finished after " +
                               std::to_string(kOwnProbeMilliseconds / 1000) +
                               " s; no host driver gets the function",
                           kWaitOrReboot);
  const bool missing = error.code == ENOENT;
  function.settle(
      State::kDriverless,
      missing ? "the module " + function.wanted_driver + " is not in /lib/modules/" + kernel +
                    " of this initramfs; no host driver gets the function"
              : describe(error) + "; no host driver gets the function",
      missing
          ? "rebuild the initramfs with this module (dracut: remove it from 'omit_drivers'; a supplementary image: `vfio-early image KERNEL -o FILE`); until then, run `vfio-early bind` in the booted system"
          : "see the kernel log above this line for the module's message; if module_blacklist= on the kernel command line names the module, remove it");
}

// vfio-pci refused the function permanently (-EINVAL: no IOMMU group, an incoherent IOMMU, or on
// its deny list): if it stayed reserved, nobody could use it.
//
// claim.pml: give_back. Saves the record first: if this is killed before the override is cleared,
// the record must not say "reserved" when a host driver binds the function.
void give_back(const Root& root, record::Record& record, FunctionRecord& function) {
  function.settle(State::kReturned, "the probe of " + function.wanted_driver + " failed",
                  "run `vfio-early release " + function.card + "` to give it back to the host");
  save_record(root, record);
  // A lone line end clears the override; an empty write would be ignored (driver_set_override in
  // drivers/base/driver.c).
  const auto cleared =
      write_with_timeout(root, function.address.sysfs() + "/driver_override", "\n");
  if (cleared) function.override_ns = 0;
  // It waits for the probe of the host's driver, which may never return.
  const auto probed = write_with_timeout(root, "/sys/bus/pci/drivers_probe", function.address.str(),
                                         kLongestProbeMilliseconds);
  const std::string holder = host::driver_of(root, function.address);
  function.settle(
      State::kReturned,
      "the probe of " + function.wanted_driver + " failed with Invalid argument (-22); " +
          (!cleared         ? describe(cleared.error())
           : !probed        ? describe(probed.error())
           : holder.empty() ? "given back to the host, whose driver is not loaded yet"
                            : "given back to the host driver " + holder),
      "check `ls -l " + function.address.sysfs() +
          "/iommu_group` and the message of vfio-pci above: the function has no IOMMU group, or is on vfio-pci's deny list");
}

// A write to drivers/<driver>/bind returns the error of the probe; a write to drivers_probe does
// not.
// claim.pml: attach
void attach(const Root& root, record::Record& record, FunctionRecord& function) {
  const auto attached =
      write_with_timeout(root, "/sys/bus/pci/drivers/" + function.wanted_driver + "/bind",
                         function.address.str(), kOwnProbeMilliseconds);
  const auto holder = holder_after(attached, root, function.address);
  if (holder != "") return settle(root, function, holder);
  if (!attached && attached.error().code == EINVAL) return give_back(root, record, function);
  function.settle(
      State::kFailed,
      attached ? "the kernel reported success, but no driver is bound" : describe(attached.error()),
      "see the kernel log around this line, then run `vfio-early bind` again");
}

// The options for the module. vfio-pci applies its options to all its functions.
std::string module_options(const record::Record& record, const std::string& driver) {
  const bool wanted = std::any_of(record.functions.begin(), record.functions.end(),
                                  [](const auto& f) { return f.handling.disable_idle_d3; });
  return wanted && driver == config::kDefaultDriver ? "disable_idle_d3=1" : "";
}

// A variant driver may have another name than its module. The gate had to write the module's name;
// the name of the driver is known when the module is loaded.
void correct_driver_name(const Root& root, FunctionRecord& function) {
  if (root.exists("/sys/bus/pci/drivers/" + function.wanted_driver)) return;
  const std::string name = driver_of_module(root, function.wanted_driver);
  if (name.empty() || name == function.wanted_driver) return;
  if (write_with_timeout(root, function.address.sysfs() + "/driver_override", name))
    function.wanted_driver = name;
}

// The result of loading each driver. A driver is loaded once: a load that hangs for one function
// also hangs for the next.
using Loaded = std::map<std::string, host::Result<void>>;

const host::Result<void>& load_once(Loaded& loaded, const Root& root, const record::Record& record,
                                    const std::string& driver) {
  if (const auto known = loaded.find(driver); known != loaded.end()) return known->second;
  const auto done =
      load_module_within(kOwnProbeMilliseconds, root, driver, module_options(record, driver));
  return loaded.emplace(driver, done).first->second;
}

// claim.pml: bind_function
void bind_function(const Root& root, record::Record& record, FunctionRecord& function,
                   Loaded& loaded) {
  if (!root.exists(function.address.sysfs()))
    return function.settle(State::kFailed, "the function disappeared after the gate reserved it",
                           "see the kernel log for the reason");
  // If the override is set, loading the driver already binds the function: so check before each
  // step.
  auto holder = holder_of(root, function.address);
  if (holder == "") {
    const auto& done = load_once(loaded, root, record, function.wanted_driver);
    if (done) correct_driver_name(root, function);
    holder = holder_after(done, root, function.address);
    if (!done && holder == "")
      return settle_unloaded(function, done.error(), record.kernel_release);
  }
  if (holder != "") return settle(root, function, holder);
  attach(root, record, function);
}

// False for a function that was given back to the host or could not be reserved.
bool may_be_bound(const FunctionRecord& function) {
  return function.override_ns != 0 && function.state != State::kReturned &&
         function.state != State::kReleased;
}

bool is_work_left(const record::Record& record) {
  return is_creation_left(record) ||
         std::any_of(record.functions.begin(), record.functions.end(), [](const auto& function) {
           return function.state != State::kBound && function.state != State::kReturned &&
                  function.state != State::kHeld && function.state != State::kReleased;
         });
}

// Reserves the functions that the gate did not reach or that ran into its time limit. The record is
// saved before a driver is loaded: if bind is killed later, the record still shows which driver
// held the function.
void reserve_remaining(const Root& root, record::Record& record) {
  bool rest = false;
  for (FunctionRecord& function : record.functions) {
    if (function.state == State::kFailed && function.override_ns == 0)
      function.state = State::kIntended;
    rest = rest || function.state == State::kIntended;
  }
  if (!rest) return;
  reserve(root, record.functions);
  save_record(root, record);
}

bool was_held(const FunctionRecord& function, State state) {
  return function.state == state && !function.found.empty() &&
         function.found != function.wanted_driver;
}

// claim.pml: leave_to_holder. Saves the record first, as "intended": if this is killed before the
// override is cleared, the record must not say "reserved", and the next bind repeats this step.
void leave_to_holder(const Root& root, record::Record& record, FunctionRecord& function) {
  function.state = State::kIntended;
  save_record(root, record);
  function.state = State::kHeld;
  clear_override(root, function);
}

// claim.pml: take_from_holders. A function that reserve() left "intended" has a driver that the
// configuration allows to unbind. A bind that is killed between the two steps leaves the state
// "reserved" and the driver that was found: the next bind continues with the second step.
void take_from_holders(const Root& root, record::Record& record, DeviceUse use) {
  bool any = false;
  for (FunctionRecord& function : record.functions) {
    if (was_held(function, State::kIntended)) reserve_against_holder(root, function, use);
    any = any || was_held(function, State::kReserved);
  }
  if (!any) return;
  save_record(root, record);
  for (FunctionRecord& function : record.functions) {
    if (!was_held(function, State::kReserved)) continue;
    unbind_holder(root, function, use);
    if (function.state == State::kHeld) leave_to_holder(root, record, function);
  }
}

// Applies the settings first: loading a module binds every function that is reserved for it.
void bind_all(const Root& root, record::Record& record) {
  load_extra_modules(root, record);
  apply_settings(root, record);
  set_module_option(root, record);
  Loaded loaded;
  for (FunctionRecord& function : record.functions) {
    if (!may_be_bound(function)) continue;
    bind_function(root, record, function, loaded);
    if (function.state == State::kBound) release_framebuffer(root, function);
  }
  check_module_option(root, record);
}

void log_changes(const Root& root, const FunctionRecord& before, const FunctionRecord& now) {
  for (size_t i = before.warnings.size(); i < now.warnings.size(); ++i)
    log_warning(root, now, now.warnings[i]);
  if (now.state != before.state || now.why != before.why) log_outcome(root, now);
}

}  // namespace

// claim.pml: bind
void bind(const Root& root, record::Record& record, DeviceUse use,
          std::chrono::milliseconds waits) {
  const ProcessDeadline limit(waits);
  write_decided_flag(root, record);  // first: the next steps may hang the machine
  if (record.bind.ended_ns != 0 && !is_work_left(record)) return;
  if (record.bind.began_ns == 0) record.bind.began_ns = record::boot_time_ns();
  record.bind.ended_ns = 0;  // stays 0 if this is killed
  save_record(root, record);

  create_virtual_functions(root, record);
  const std::vector<FunctionRecord> before = record.functions;
  reserve_remaining(root, record);
  find_framebuffers(root, record);
  take_from_holders(root, record, use);
  bind_all(root, record);
  record.bind.ended_ns = record::boot_time_ns();
  save_record(root, record);
  for (size_t i = 0; i < before.size(); ++i) log_changes(root, before[i], record.functions[i]);
}

}  // namespace early
