// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/card_functions.h"

#include <algorithm>

#include "host/text.h"

namespace plan {
namespace {

using host::PciFunction;

bool is_class_of(const PciFunction& function, std::initializer_list<std::string_view> classes) {
  return std::any_of(classes.begin(), classes.end(),
                     [&](std::string_view prefix) { return function.is_class(prefix); });
}

// QEMU's devices: a virtual machine's "card" is composed of functions of several vendors.
bool is_emulated(const PciFunction& function) {
  constexpr uint16_t kVendors[] = {0x1234, 0x1af4, 0x1b36};
  return std::find(std::begin(kVendors), std::end(kVendors), function.id.vendor) !=
         std::end(kVendors);
}

std::vector<const PciFunction*> gpus_in_slot(const host::Machine& machine,
                                             const host::PciSlot& slot) {
  auto functions = machine.in_slot(slot);
  std::erase_if(functions, [](const PciFunction* function) { return !is_gpu(*function); });
  return functions;
}

}  // namespace

bool is_gpu(const PciFunction& function) {
  return is_class_of(function, {"03", "12"});
}

// ASPEED; Matrox G200 of servers (drivers/gpu/drm/mgag200/mgag200_drv.c); Huawei
// (drivers/gpu/drm/hisilicon/hibmc/hibmc_drm_drv.c).
bool is_bmc_display(const PciFunction& function) {
  constexpr uint16_t kAspeed = 0x1a03, kMatrox = 0x102b, kHuawei = 0x19e5;
  constexpr uint16_t kServers[] = {0x0522, 0x0524, 0x0530, 0x0532, 0x0533, 0x0534, 0x0536, 0x0538};
  const host::PciId& id = function.id;
  if (!function.is_class("03")) return false;
  if (id.vendor == kMatrox)
    return std::find(std::begin(kServers), std::end(kServers), id.device) != std::end(kServers);
  return id.vendor == kAspeed || (id.vendor == kHuawei && id.device == 0x1711);
}

// All functions of a card have its vendor. AMD's cards and the displays of its processors are of
// ATI (1002), the other functions of its processors are of AMD (1022).
bool is_card_function(const host::Machine& machine, const PciFunction& function) {
  if (is_gpu(function)) return true;
  const auto gpus = gpus_in_slot(machine, function.address.slot);
  if (gpus.empty()) return is_class_of(function, {"0403", "0c03"});
  if (!is_class_of(function, {"0403", "0c03", "0c80"})) return false;
  return std::any_of(gpus.begin(), gpus.end(), [&](const PciFunction* gpu) {
    return gpu->id.vendor == function.id.vendor || is_emulated(*gpu);
  });
}

bool are_of_one_card(const host::Machine& machine, const PciFunction& one,
                     const PciFunction& other) {
  return one.address.slot == other.address.slot && !one.is_virtual() && !other.is_virtual() &&
         !gpus_in_slot(machine, one.address.slot).empty() && is_card_function(machine, one) &&
         is_card_function(machine, other);
}

std::string operand_for(const host::Machine& machine, const PciFunction& function) {
  return are_of_one_card(machine, function, function) ? function.address.slot.str()
                                                      : function.address.str();
}

bool is_beside_card(const host::Machine& machine, const PciFunction& function) {
  return !gpus_in_slot(machine, function.address.slot).empty() &&
         !is_card_function(machine, function);
}

bool may_be_needed_by_host(const PciFunction& function) {
  return is_class_of(function, {"01", "02", "0601"});
}

// Of the other classes only multimedia video (0400, 0480), NVSwitch (0680), coprocessors (0b), and
// devices without a class of their own are usually there for a guest.
bool stays_with_host(const host::Machine& machine, const PciFunction& function) {
  if (!gpus_in_slot(machine, function.address.slot).empty())
    return !is_card_function(machine, function);
  return is_class_of(function, {"01", "02", "0401", "0403", "05", "0601", "07", "08", "09", "0a",
                                "0c", "0d", "10", "11", "13"});
}

// intel_iommu_setup in drivers/iommu/intel/iommu.c: igfx_off leaves out the units of which all
// devices are displays.
std::string parameter_that_removes_group(const PciFunction& function,
                                         const host::CommandLine& command_line) {
  if (!function.is_class("03")) return {};
  const auto value = command_line.value_with_word("intel_iommu", "igfx_off");
  return value ? "intel_iommu=" + *value : "";
}

std::string name_of(const PciFunction& function) {
  return function.address.str() + " (" + function.id.str() + ", class " + function.class_str() +
         ")";
}

std::string addresses_of(const Functions& functions) {
  std::vector<std::string> words;
  for (const host::PciFunction* function : functions) words.push_back(function->address.str());
  return host::join(words, " ");
}

}  // namespace plan
