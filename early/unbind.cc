// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/unbind.h"

#include <cerrno>

#include "early/disks.h"
#include "early/probe_wait.h"
#include "early/write_with_timeout.h"
#include "host/machine.h"
#include "host/text.h"

namespace early {
namespace {

constexpr int kReleaseMilliseconds = 500;  // after the time limit of the unbind

using config::Unbind;
using host::Root;
using record::FunctionRecord;
using record::State;

std::string directory_of_driver(const FunctionRecord& function) {
  return "/sys/bus/pci/drivers/" + function.found;
}

void settle_held(FunctionRecord& function, std::string why, std::string remedy) {
  function.settle(State::kHeld, std::move(why), std::move(remedy));
  function.override_ns = 0;
}

// Why the driver must not be unbound, and what to do about it.
struct Obstacle {
  std::string why;  // "": there is none
  std::string remedy;
};

Obstacle obstacle_of_disks(const FunctionRecord& function, const std::string& which,
                           const std::vector<std::string>& disks) {
  return {function.found + " holds it, and a disk that is attached through it " + which + ": " +
              host::join(disks, " "),
          "move the disks to another controller, or claim a function without disks"};
}

// While `hold` exists, nobody can begin to use the disks.
Obstacle find_obstacle(const Root& root, const FunctionRecord& function, DeviceUse use,
                       const std::vector<std::string>& disks, const DiskHold& hold) {
  if (host::driver_of(root, function.address) != function.found) return {};  // unbound
  const bool running = use == DeviceUse::kMaybeUsed;
  // Only a loaded module has an initstate; a built-in one may have a directory, too.
  const bool modular = root.exists(directory_of_driver(function) + "/module/initstate");
  if (running && modular && !function.is_display() && !host::is_stub_driver(function.found))
    return {
        function.found + " holds it, and programs of the running system may use it",
        "reboot, because in the initramfs vfio-early runs first; or stop the programs that use it, run `echo " +
            function.address.str() + " > " + directory_of_driver(function) +
            "/unbind`, and then `vfio-early claim`"};
  // Before the real root is mounted, it is unknown which disks it needs.
  if (use == DeviceUse::kUnused && !disks.empty())
    return obstacle_of_disks(function, "may be needed by the host", disks);
  if (!hold.in_use().empty()) return obstacle_of_disks(function, "is in use", hold.in_use());
  return {};
}

void settle_not_unbound(FunctionRecord& function, const host::Error& error) {
  const bool hangs = error.code == ETIMEDOUT;
  settle_held(
      function,
      hangs ? function.found + " did not release it within " +
                  std::to_string(kUnbindMilliseconds / 1000) + " s"
            : function.found + " holds it and was not unbound: " + describe(error),
      hangs
          ? "see the kernel log for the reason; add rd.driver.blacklist=MODULE to the kernel command line, or set 'unbind = no'"
          : "see the kernel log around this line, or set 'unbind = no' to leave it to the driver");
}

// A graphics driver may hang when it is unbound. pci-stub does nothing.
bool needs_consent(const FunctionRecord& function) {
  return function.is_display() && !host::is_stub_driver(function.found);
}

// Since when a host driver has it: a release by hand, the function's return to the bus, or the
// beginning.
const char* holder_since(const FunctionRecord& function) {
  if (function.released) return " has held it since `vfio-early release` in this boot";
  if (function.reappeared) return " bound it first when the function returned to the bus";
  return " already held it when vfio-early started";
}

std::string claim_first_remedy(const FunctionRecord& function) {
  if (function.released || function.reappeared)
    return "reboot: vfio-early then claims it before " + function.found + " is loaded";
  if (host::is_stub_driver(function.found))
    return "remove pci-stub.ids= from the kernel command line or from modprobe.d";
  return "rebuild the initramfs with vfio-early, which then runs before " + function.found +
         " is loaded, and reboot";
}

}  // namespace

DeviceUse device_use(const Root& root) {
  return host::in_initramfs(root) ? DeviceUse::kUnused : DeviceUse::kMaybeUsed;
}

bool may_unbind(const FunctionRecord& function) {
  if (function.is_bridge()) return false;  // a bridge carries other devices
  if (needs_consent(function)) return function.handling.unbind == Unbind::kDisplay;
  return function.handling.unbind != Unbind::kNo;
}

void mark_held(FunctionRecord& function) {
  const bool display = needs_consent(function) && function.handling.unbind != Unbind::kNo;
  const std::string& driver = function.found;
  settle_held(
      function,
      driver + holder_since(function) + ", and " +
          (display ? "a graphics driver is unbound only with 'unbind = display'"
                   : "'unbind = no' is set"),
      claim_first_remedy(function) +
          (needs_consent(function) ? "; or set 'unbind = display', which can hang a graphics driver"
                                   : "; or set 'unbind = yes'"));
}

bool is_without_driver(const Root& root, const host::PciAddress& address) {
  return host::driver_of(root, address).empty() &&
         wait_for_probe(root, address, kReleaseMilliseconds);
}

// A line end alone clears the override (Documentation/ABI/testing/sysfs-bus-pci).
void clear_override(const Root& root, FunctionRecord& function) {
  const auto cleared =
      write_with_timeout(root, function.address.sysfs() + "/driver_override", "\n");
  if (!cleared) function.why += "; driver_override is still set: " + describe(cleared.error());
}

// claim.pml: reserve_against_holder
void reserve_against_holder(const Root& root, FunctionRecord& function, DeviceUse use) {
  const auto disks = disks_below(root, function.address);
  const DiskHold hold(root, disks);
  if (Obstacle obstacle = find_obstacle(root, function, use, disks, hold); !obstacle.why.empty()) {
    settle_held(function, std::move(obstacle.why), std::move(obstacle.remedy));
    // A bind that was killed after the write below has left its override.
    if (override_within(root, function.address) == function.wanted_driver)
      clear_override(root, function);
    return;
  }

  const auto written = write_with_timeout(root, function.address.sysfs() + "/driver_override",
                                          function.wanted_driver);
  if (!written) {
    settle_not_unbound(function, written.error());
    return clear_override(root, function);
  }
  function.state = State::kReserved;
  function.override_ns = record::boot_time_ns();
}

// claim.pml: unbind_holder
void unbind_holder(const Root& root, FunctionRecord& function, DeviceUse use) {
  const std::string holder = host::driver_of(root, function.address);
  if (holder.empty() && !is_without_driver(root, function.address))
    return settle_not_unbound(function, {ETIMEDOUT, ""});  // by an earlier run
  if (holder.empty() || holder != function.found) return;
  // Checked again: `hold` keeps the disks from being used until the driver is unbound.
  const auto disks = disks_below(root, function.address);
  const DiskHold hold(root, disks);
  if (Obstacle obstacle = find_obstacle(root, function, use, disks, hold); !obstacle.why.empty())
    return settle_held(function, std::move(obstacle.why), std::move(obstacle.remedy));

  const auto unbound = write_with_timeout(root, directory_of_driver(function) + "/unbind",
                                          function.address.str(), kUnbindMilliseconds);
  if (!unbound && !is_without_driver(root, function.address))
    settle_not_unbound(function, unbound.error());
}

}  // namespace early
