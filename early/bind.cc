// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/bind.h"

#include <algorithm>
#include <cerrno>

#include "early/gate.h"
#include "early/modules.h"
#include "early/say.h"

namespace early {
namespace {

using host::PciAddress;
using host::Root;
using plan::FunctionRecord;
using plan::State;

void settle(FunctionRecord& function, State state, std::string why, std::string remedy) {
  function.state = state;
  function.why = std::move(why);
  function.remedy = std::move(remedy);
}

void settle_bound(FunctionRecord& function) {
  settle(function, State::kBound, "", "");
  if (function.bound_ns == 0) function.bound_ns = plan::boot_time_ns();
}

void settle_held(FunctionRecord& function, const std::string& driver) {
  settle(function, State::kHeld,
         driver + " already held it when vfio-early came, and a running driver is left alone",
         "let vfio-early run before " + driver +
             " is loaded (its initramfs hook comes first in "
             "every generator that it supports; a built-in driver has to be kept off by the kernel "
             "command line)");
}

void settle_unloaded(FunctionRecord& function, const host::Error& error,
                     const std::string& kernel) {
  const bool missing = error.code == ENOENT;
  settle(function, State::kDriverless,
         missing ? "the module " + function.want + " is not in /lib/modules/" + kernel +
                       " of this initramfs; no driver has the function, and no host driver gets it"
                 : describe(error) + "; no driver has the function, and no host driver gets it",
         missing ? "rebuild the initramfs with the module in it (dracut: 'force_drivers' must not "
                   "omit vfio_pci); until then `modprobe " +
                       function.want + "` binds it"
                 : "look for the module's own message above; a module_blacklist= on the command "
                   "line also refuses it");
}

// vfio-pci refused the function for good (-EINVAL: no IOMMU group, or on its deny list): kept from
// the host it would be of no use to anyone.
void give_back(const Root& root, const PciAddress& address, FunctionRecord& function) {
  // A lone line end clears the override; an empty write would be ignored (driver_set_override in
  // drivers/base/driver.c).
  const auto cleared = root.write(address.sysfs() + "/driver_override", "\n");
  const auto probed = root.write("/sys/bus/pci/drivers_probe", address.str());
  const std::string holder = host::driver_of(root, address);
  settle(function, State::kReturned,
         "the probe of " + function.want + " failed with Invalid argument (-22); " +
             (!cleared         ? describe(cleared.error())
              : !probed        ? describe(probed.error())
              : holder.empty() ? "given back to the host, whose driver is not loaded yet"
                               : "given back to the host's " + holder),
         "the function has no IOMMU group, or vfio-pci's deny list names it: look at "
         "`ls -l " +
             address.sysfs() + "/iommu_group` and at vfio-pci's own message above");
}

// Writing drivers/<driver>/bind returns what the probe returned; drivers_probe would not.
void attach(const Root& root, const PciAddress& address, FunctionRecord& function) {
  const auto attached =
      root.write("/sys/bus/pci/drivers/" + function.want + "/bind", address.str());
  const std::string holder = host::driver_of(root, address);
  if (holder == function.want) return settle_bound(function);
  if (!holder.empty()) return settle_held(function, holder);
  if (!attached && attached.error().code == EINVAL) return give_back(root, address, function);
  settle(function, State::kFailed,
         attached ? "bound, says the kernel, but no driver holds it" : describe(attached.error()),
         "see the kernel log around this line; `vfio-early bind` tries again");
}

void bind_function(const Root& root, const plan::Record& record, FunctionRecord& function) {
  const auto address = PciAddress::parse(function.address);
  if (!address || !root.exists(address->sysfs()))
    return settle(function, State::kFailed, "it vanished after the gate reserved it",
                  "see the kernel log for why the device went away");
  // Where the override is set, loading the driver binds by itself: so look before each step.
  std::string holder = host::driver_of(root, *address);
  if (holder.empty()) {
    if (const auto loaded = load_module(root, function.want); !loaded)
      return settle_unloaded(function, loaded.error(), record.kernel_release);
    holder = host::driver_of(root, *address);
  }
  if (holder == function.want) return settle_bound(function);
  if (!holder.empty()) return settle_held(function, holder);
  attach(root, *address, function);
}

}  // namespace

void bind(const Root& root, plan::Record& record) {
  record.bind = {.began_ns = plan::boot_time_ns(), .ended_ns = 0};
  const std::vector<FunctionRecord> before = record.functions;
  for (FunctionRecord& function : record.functions) {
    // The gate was killed before it came to this one.
    if (function.state == State::kIntended) reserve(root, function);
    // What is returned stays returned, and what could not be reserved is not ours to bind.
    if (function.override_ns == 0 || function.state == State::kReturned) continue;
    bind_function(root, record, function);
  }
  record.bind.ended_ns = plan::boot_time_ns();
  if (const auto saved = plan::write_record(root, record); !saved)
    say(root, host::Priority::kWarning, describe(saved.error()));
  // Who joins an earlier bind has no news of what went well.
  for (size_t i = 0; i < before.size(); ++i)
    if (record.functions[i].state != State::kBound || before[i].state != State::kBound)
      say_outcome(root, record.functions[i]);
}

}  // namespace early
