// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/release.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

#include "config/slot_or_function.h"
#include "early/messages.h"
#include "early/modules.h"
#include "early/probe_wait.h"
#include "early/unbind.h"
#include "early/write_with_timeout.h"
#include "host/iommu_group.h"

namespace early {
namespace {

using host::Root;
using record::FunctionRecord;
using record::State;
using Functions = std::vector<FunctionRecord*>;

Functions find_functions(record::Record& record, const std::string& what) {
  const auto address = config::SlotOrFunction::parse(what);
  Functions found;
  for (FunctionRecord& function : record.functions)
    if (function.card == what || (address && address->contains(function.address)))
      found.push_back(&function);
  return found;
}

void load_modules_for(const Root& root, const host::PciAddress& address) {
  load_host_modules(root, root.read_line(address.sysfs() + "/modalias"));
}

void log_in_use(const Root& root, const FunctionRecord& function, const std::string& why) {
  log_message(root, host::Priority::kError,
              function.card + ": " + function.address.str() + " is not released: " + why +
                  ". Remedy: stop the guest, then run `vfio-early release " + function.card + "`");
}

// The override is still set, so no other driver can bind: a release that fails changes nothing.
// claim.pml: take_from_vfio
bool take_from_vfio(const Root& root, FunctionRecord& function) {
  if (host::driver_of(root, function.address) != function.wanted_driver) return true;
  const auto unbound =
      write_with_timeout(root, "/sys/bus/pci/drivers/" + function.wanted_driver + "/unbind",
                         function.address.str(), kUnbindMilliseconds);
  if (unbound || host::driver_of(root, function.address).empty()) return true;
  function.state = State::kBound;
  log_in_use(
      root, function,
      unbound.error().code == ETIMEDOUT
          ? "a guest still uses it; " + function.wanted_driver + " releases it when the guest ends"
          : describe(unbound.error()));
  return false;
}

// The driver that had it before, or the one that the kernel chooses.
host::Result<void> bind_to_host(const Root& root, const FunctionRecord& function,
                                const ReleaseRequest& request) {
  const auto before = request.drivers.find(function.address);
  if (before != request.drivers.end() && before->second.empty()) return {};
  if (before != request.drivers.end() &&
      bind_to_host_driver(root, function.address, before->second))
    return {};
  load_modules_for(root, function.address);
  return write_with_timeout(root, "/sys/bus/pci/drivers_probe", function.address.str(),
                            kLongestProbeMilliseconds);
}

// claim.pml: give_to_host
void give_to_host(const Root& root, FunctionRecord& function, const ReleaseRequest& request) {
  const std::string device = function.address.sysfs();
  const auto cleared = write_with_timeout(root, device + "/driver_override", "\n");
  if (!cleared) {
    function.state = State::kFailed;
    function.why = describe(cleared.error());
    function.remedy = "run `vfio-early release " + function.card + "` again";
    return;
  }
  function.override_ns = function.bound_ns = 0;
  function.released = true;
  const auto probed = bind_to_host(root, function, request);
  const std::string driver = host::driver_of(root, function.address);
  function.why = request.reason + "; " +
                 (!driver.empty() ? "its driver is " + driver
                  : probed        ? "no host driver bound it"
                                  : describe(probed.error()));
  function.remedy =
      may_unbind(function)
          ? "run `vfio-early claim` or reboot to claim it again"
          : "reboot to claim it again, or set 'unbind' and run `vfio-early claim`: see vfio-early.conf(5)";
}

}  // namespace

// A group can be opened only once at a time, and not while one of its devices is open through
// iommufd (vfio_group_fops_open in drivers/vfio/group.c).
bool is_used_by_guest(const Root& root, const FunctionRecord& function) {
  const auto group = host::iommu_group_of(root, function.address);
  if (!group || host::driver_of(root, function.address) != function.wanted_driver) return false;
  const auto opened = root.open_file("/dev/vfio/" + std::to_string(*group), O_RDWR);
  return !opened && opened.error().code == EBUSY;
}

host::Result<void> bind_to_host_driver(const Root& root, const host::PciAddress& address,
                                       const std::string& driver) {
  const std::string directory = "/sys/bus/pci/drivers/" + driver;
  if (!root.exists(directory)) load_modules_for(root, address);
  if (host::driver_of(root, address) == driver) return {};
  auto bound =
      write_with_timeout(root, directory + "/bind", address.str(), kLongestProbeMilliseconds);
  if (host::driver_of(root, address) == driver) return {};
  return bound ? host::Error{0, "the probe of " + driver + " failed"} : bound;
}

// claim.pml: Release
Release release(const Root& root, record::Record& record, const ReleaseRequest& request) {
  Functions functions = find_functions(record, request.what);
  if (functions.empty()) return Release::kUnknown;
  for (const FunctionRecord* function : functions) {
    if (!is_used_by_guest(root, *function)) continue;
    log_in_use(root, *function, "a guest uses it");
    return Release::kNotAll;
  }
  const Functions requested = functions;
  std::erase_if(functions, [](auto* function) { return function->override_ns == 0; });
  if (functions.empty())
    for (const FunctionRecord* function : requested) log_outcome(root, *function);
  const size_t all = functions.size();
  for (FunctionRecord* function : functions)
    if (!function->is_returned_to_host()) function->state = State::kReserved;
  save_record(root, record);  // if this is killed now, `vfio-early bind` binds them again
  std::erase_if(functions, [&](auto* function) { return !take_from_vfio(root, *function); });
  if (functions.size() != all) {  // a card is given back as a whole, or stays reserved
    save_record(root, record);
    return Release::kNotAll;
  }
  for (FunctionRecord* function : functions) {
    function->state = State::kReleased;
    function->why = request.reason;
  }
  save_record(root, record);
  for (FunctionRecord* function : functions) give_to_host(root, *function, request);
  save_record(root, record);
  for (const FunctionRecord* function : functions) log_outcome(root, *function);
  const bool done = std::all_of(functions.begin(), functions.end(), [](const auto* function) {
    return function->state == State::kReleased;
  });
  return done ? Release::kDone : Release::kNotAll;
}

}  // namespace early
