// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/hardware/reset.h"

#include <algorithm>

#include "host/text.h"

namespace verify::hardware {
namespace {

// As the kernel probes them (drivers/pci/pci.c): pcie_reset_flr (PCIe 6.0, 7.5.3.3, bit 28),
// pci_af_flr (Advanced Features, bits 0 and 1), pci_pm_reset (No_Soft_Reset of PCI Power
// Management 1.2, 3.2.4).
std::vector<std::string> by_capabilities(const Registers& registers) {
  std::vector<std::string> names;
  const off_t express = registers.find(Capability::kExpress);
  if (express != 0 && registers.u32(express + 4) >> 28 & 1) names.push_back("flr");
  const off_t advanced = registers.find(Capability::kAdvanced);
  if (advanced != 0 && (registers.u8(advanced + 3) & 3) == 3) names.push_back("af_flr");
  const off_t power = registers.find(Capability::kPowerManagement);
  if (power != 0 && !(registers.u16(power + 4) >> 3 & 1)) names.push_back("pm");
  return names;
}

}  // namespace

ResetMethods read_reset_methods(const host::Root& root, const host::PciAddress& address,
                                const Registers* registers) {
  ResetMethods methods;
  const std::string line = root.read_line(address.sysfs() + "/reset_method");
  for (const std::string_view name : host::split(line)) methods.names.emplace_back(name);
  // On every kernel, `reset` exists if the function can be reset.
  if (!methods.names.empty() || !root.exists(address.sysfs() + "/reset")) return methods;
  if (registers) methods.names = by_capabilities(*registers);
  if (methods.names.empty()) methods.names.push_back(registers ? "bus" : "unknown method");
  methods.derived = true;
  return methods;
}

bool has_bus_reset(const host::Machine& machine, const host::PciFunction& function) {
  const host::PciFunction* found = machine.find(function.address);
  return found && found->path && found->path->hops.size() > 1;
}

std::vector<const host::PciFunction*> also_reset_with_bus(const host::Machine& machine,
                                                          const host::PciFunction& function) {
  std::vector<const host::PciFunction*> also_reset;
  const host::PciFunction* found = machine.find(function.address);
  if (!has_bus_reset(machine, function)) return also_reset;
  host::PciPath bridge = *found->path;
  bridge.hops.pop_back();
  for (const host::PciFunction& other : machine.functions)
    if (other.address != function.address && other.path && other.path != bridge &&
        other.path->has_prefix(bridge))
      also_reset.push_back(&other);
  return also_reset;
}

std::vector<std::string> function_reset_methods(const ResetMethods& methods,
                                                const host::Machine& machine,
                                                const host::PciFunction& function) {
  std::vector<std::string> names = methods.names;
  if (!also_reset_with_bus(machine, function).empty())
    std::erase_if(names,
                  [](const std::string& name) { return name == "bus" || name == "cxl_bus"; });
  return names;
}

std::string vfio_reset_method(const ResetMethods& methods, const host::Machine& machine,
                              const host::PciFunction& function) {
  const auto alone = function_reset_methods(methods, machine, function);
  if (!alone.empty()) return host::join(alone, " ");
  const auto also_reset = also_reset_with_bus(machine, function);
  const bool all_ours =
      std::all_of(also_reset.begin(), also_reset.end(), [](const host::PciFunction* other) {
        return other->driver.find("vfio") != std::string::npos;
      });
  return has_bus_reset(machine, function) && all_ours ? "bus" : "";
}

}  // namespace verify::hardware
