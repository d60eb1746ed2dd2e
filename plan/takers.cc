// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/takers.h"

#include <algorithm>

namespace plan {
namespace {

using host::PciFunction;

constexpr const char* kNoDriver = "none";  // of driverctl

std::string binds_to(const std::string& driver) {
  return driver == kNoDriver ? "unbinds it" : "binds it to " + driver;
}

void add_driverctl(const std::vector<host::PciAddress>& claimed, const host::Binders& binders,
                   std::vector<Taker>& found) {
  for (const host::DriverctlOverride& saved : binders.driverctl) {
    const auto address = saved.address();
    if (!address || saved.driver.empty() || host::is_vfio_driver(saved.driver) ||
        !contains(claimed, *address))
      continue;
    found.push_back(
        {*address, saved.driver,
         "driverctl " + binds_to(saved.driver) + " at each boot (" + saved.file() + ")",
         "remove this override, then reboot:", "driverctl unset-override " + address->str()});
  }
}

void add_udev(const PciFunction& function, const host::Binders& binders,
              std::vector<Taker>& found) {
  for (const host::UdevFile& file : binders.udev)
    for (const host::UdevBinding& binding : host::udev_bindings(file, function)) {
      if (host::is_vfio_driver(binding.driver)) continue;
      found.push_back(
          {function.address, binding.driver,
           "a udev rule " +
               (binding.driver.empty() ? "may change its driver" : binds_to(binding.driver)) +
               " (" + binding.where + ")",
           "remove this rule, then reboot", ""});
    }
}

void add_commands(const std::vector<host::PciAddress>& claimed, const host::Binders& binders,
                  std::vector<Taker>& found) {
  for (const host::BindCommand& command : binders.commands)
    if (contains(claimed, command.address))
      found.push_back(
          {command.address, command.driver,
           "a command " +
               (command.driver.empty() ? "takes it from vfio-pci" : binds_to(command.driver)) +
               " (" + command.where + ")",
           "remove this command, then reboot", ""});
}

// It binds all of a node's GPUs, for containers or for guests (the label
// nvidia.com/gpu.workload.config).
void add_operator(const PciFunction& function, const host::Binders& binders,
                  std::vector<Taker>& found) {
  constexpr uint16_t kNvidia = 0x10de;
  if (binders.gpu_operator.empty() || function.id.vendor != kNvidia || !function.is_class("03"))
    return;
  found.push_back({function.address, "nvidia",
                   "NVIDIA's GPU operator may bind it to nvidia (" + binders.gpu_operator + ")",
                   "set the label of this node that leaves its GPUs to guests:",
                   "kubectl label node NODE nvidia.com/gpu.workload.config=vm-passthrough"});
}

}  // namespace

bool Taker::explains(const std::string& driver_now) const {
  return driver.empty() || driver == (driver_now.empty() ? kNoDriver : driver_now);
}

std::vector<Taker> takers(const host::Machine& machine,
                          const std::vector<host::PciAddress>& claimed,
                          const host::Binders& binders) {
  std::vector<Taker> found;
  add_driverctl(claimed, binders, found);
  add_commands(claimed, binders, found);
  for (const PciFunction& function : machine.functions) {
    if (!contains(claimed, function.address)) continue;
    add_udev(function, binders, found);
    add_operator(function, binders, found);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Taker& a, const Taker& b) { return a.address < b.address; });
  return found;
}

std::vector<config::Warning> taker_warnings(const std::vector<Taker>& takers) {
  std::vector<config::Warning> warnings;
  for (const Taker& taker : takers)
    warnings.push_back({"", taker.address.str() + " may be lost after the boot: " + taker.what,
                        taker.remedy + (taker.command.empty() ? "" : " `" + taker.command + "`")});
  return warnings;
}

}  // namespace plan
