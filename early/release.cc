// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/release.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include <fcntl.h>

#include "config/configuration.h"
#include "config/slot_or_function.h"
#include "early/messages.h"
#include "early/modules.h"
#include "early/probe_wait.h"
#include "early/unbind.h"
#include "early/virtual_functions.h"
#include "early/write_with_timeout.h"
#include "host/iommu_group.h"

namespace early {
namespace {

using host::Root;
using record::Creation;
using record::FunctionRecord;
using record::PhysicalRecord;
using record::State;
using Functions = std::vector<FunctionRecord*>;

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
  const std::string driver = host::driver_of(root, function.address);
  if (!driver.empty() && driver != function.wanted_driver) return true;
  if (driver.empty() && is_without_driver(root, function.address)) return true;
  const auto unbound =
      write_with_timeout(root, "/sys/bus/pci/drivers/" + function.wanted_driver + "/unbind",
                         function.address.str(), kUnbindMilliseconds);
  if (unbound || is_without_driver(root, function.address)) return true;
  if (host::driver_of(root, function.address) == function.wanted_driver)
    function.state = State::kBound;
  log_in_use(
      root, function,
      unbound.error().code == ETIMEDOUT
          ? "a guest still uses it; " + function.wanted_driver + " releases it when the guest ends"
          : describe(unbound.error()));
  return false;
}

// No host driver binds a virtual function, since the gate has written sriov_drivers_autoprobe.
// While it is on, those that are still claimed are kept by their override.
host::Result<void> probe_host_drivers(const Root& root, const FunctionRecord& function) {
  const auto& physical = function.physical_function;
  const bool off =
      physical && root.read_line(physical->sysfs() + "/sriov_drivers_autoprobe") == "0";
  if (off) (void)set_autoprobe(root, *physical, true);
  const auto probed = write_with_timeout(root, "/sys/bus/pci/drivers_probe", function.address.str(),
                                         kLongestProbeMilliseconds);
  if (off) (void)set_autoprobe(root, *physical, false);
  return probed;
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
  return probe_host_drivers(root, function);
}

// claim.pml: give_to_host
void give_to_host(const Root& root, FunctionRecord& function, const ReleaseRequest& request) {
  const std::string device = function.address.sysfs();
  if (!root.exists(device)) {  // an unplugged card has no driver; if it returns, it stays released
    function.override_ns = function.bound_ns = 0;
    function.released = true;
    function.why = request.reason + "; it is not on the bus";
    function.remedy = "connect the card, then run `vfio-early claim` or reboot to claim it again";
    return;
  }
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

// The virtual functions that vfio-early has created are removed, and so have no driver.
void mark_removed(FunctionRecord& function) {
  function.override_ns = function.bound_ns = 0;
  function.released = true;
  function.why = "released by the user, and removed";
  function.remedy = "run `vfio-early claim` or reboot to create and claim it again";
}

// All functions of the card have no driver, and are kReleased in the record. Without its virtual
// functions, the physical function has all its resources again.
bool give_back(const Root& root, PhysicalRecord* physical, const Functions& functions,
               const ReleaseRequest& request) {
  const bool removes = physical && physical->created_ns != 0;
  if (physical && !return_virtual_functions(root, *physical)) {
    for (FunctionRecord* function : functions) function->state = State::kReserved;
    log_creation(root, *physical);
    return false;
  }
  for (FunctionRecord* function : functions) {
    if (removes)
      mark_removed(*function);
    else
      give_to_host(root, *function, request);
  }
  if (physical)
    log_message(root, host::Priority::kNotice,
                physical->card + ": the virtual functions of " + physical->address.str() +
                    " were given back: " + physical->why);
  return true;
}

bool is_all_released(const PhysicalRecord* physical, const Functions& functions) {
  return (!physical || physical->state == Creation::kReleased) &&
         std::all_of(functions.begin(), functions.end(),
                     [](const auto* function) { return function->state == State::kReleased; });
}

}  // namespace

PhysicalRecord* named_physical(record::Record& record, const std::string& what) {
  const auto address = config::SlotOrFunction::parse(what);
  for (PhysicalRecord& physical : record.physical_functions)
    if (physical.card == what || (address && address->contains(physical.address))) return &physical;
  return nullptr;
}

Functions named_functions(record::Record& record, const std::string& what) {
  const auto address = config::SlotOrFunction::parse(what);
  const PhysicalRecord* physical = named_physical(record, what);
  Functions found;
  for (FunctionRecord& function : record.functions)
    if (function.card == what || (physical && function.card == physical->card) ||
        config::section_of(function.card) == what ||
        (address && address->contains(function.address)))
      found.push_back(&function);
  return found;
}

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

namespace {

// claim.pml: Release. hand_over.pml: release_functions
Release release_card(const Root& root, record::Record& record, PhysicalRecord* physical,
                     Functions functions, const ReleaseRequest& request) {
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
  const bool given = give_back(root, physical, functions, request);
  save_record(root, record);
  if (!given) return Release::kNotAll;
  for (const FunctionRecord* function : functions) log_outcome(root, *function);
  return is_all_released(physical, functions) ? Release::kDone : Release::kNotAll;
}

// The functions of each card of a section with `count`; all of them together if an address names
// them.
std::map<std::string, Functions> by_card(const Functions& functions, const std::string& what) {
  std::map<std::string, Functions> cards;
  for (FunctionRecord* function : functions)
    cards[config::section_of(function->card) == what ? function->card : ""].push_back(function);
  return cards;
}

}  // namespace

Release release(const Root& root, record::Record& record, const ReleaseRequest& request) {
  PhysicalRecord* physical = named_physical(record, request.what);
  const Functions functions = named_functions(record, request.what);
  if (functions.empty() && !physical) return Release::kUnknown;
  if (physical) return release_card(root, record, physical, functions, request);
  Release result = Release::kDone;
  for (const auto& [name, of_card] : by_card(functions, request.what))
    if (release_card(root, record, nullptr, of_card, request) != Release::kDone)
      result = Release::kNotAll;
  return result;
}

}  // namespace early
