// SPDX-License-Identifier: GPL-2.0-or-later
//
// Incus: a device of the type gpu takes a function of class 03, and with it all functions of the
// same slot that are in its IOMMU group (addGPUDevConfig() in
// internal/server/instance/drivers/driver_qemu.go). Any other function is a device of the type pci
// (internal/server/device/pci.go). The options are in doc/reference/devices_gpu.md and
// devices_pci.md.
#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/setup/guest.h"

namespace verify {
namespace {

// Those that Incus passes with the GPU, without being asked.
std::vector<host::PciAddress> passed_with(const Inspection& inspection,
                                          const ConfiguredFunction& gpu) {
  const InspectedGroup* group = gpu.group ? inspection.group(*gpu.group) : nullptr;
  std::vector<host::PciAddress> with;
  if (!group) return with;
  for (const host::PciFunction& member : group->members)
    if (member.address.slot == gpu.function.address.slot && member.address != gpu.function.address)
      with.push_back(member.address);
  return with;
}

// Virtual functions are listed as a part of their card: GetGPU() in shared/resources/gpu.go. For
// a slot in which other functions stay with the host, `pci` is exact.
bool is_gpu_device(const Inspection& inspection, const ConfiguredFunction& function) {
  if (!function.function.is_class("03") || function.function.is_virtual()) return false;
  const auto ours = inspection.addresses();
  const auto with = passed_with(inspection, function);
  return std::all_of(with.begin(), with.end(),
                     [&](const host::PciAddress& each) { return host::contains(ours, each); });
}

std::string pci_command(const GivenCard& card, size_t index) {
  return fmt::format("incus config device add VM {} pci address={}\n",
                     function_name(card.name, index), card.inspection.functions[index].address());
}

struct Devices {
  std::string commands;
  std::vector<std::string> passed_with_gpu;
};

Devices devices_of(const GivenCard& card) {
  const auto& functions = card.inspection.functions;
  Devices devices;
  std::vector<host::PciAddress> done;
  for (size_t i = 0; i < functions.size(); ++i) {
    if (!is_gpu_device(card.inspection, functions[i])) continue;
    if (host::contains(done, functions[i].function.address)) continue;
    devices.commands += fmt::format("incus config device add VM {} gpu gputype=physical pci={}\n",
                                    function_name(card.name, i), functions[i].address());
    done.push_back(functions[i].function.address);
    for (const host::PciAddress& address : passed_with(card.inspection, functions[i])) {
      done.push_back(address);
      devices.passed_with_gpu.push_back(address.str());
    }
  }
  for (size_t i = 0; i < functions.size(); ++i)
    if (!host::contains(done, functions[i].function.address))
      devices.commands += pci_command(card, i);
  return devices;
}

// When the VM stops, Incus clears driver_override of the functions that it passed with the GPU, and
// their usual driver binds them (postStop() in internal/server/device/gpu_physical.go).
std::string passed_text(const GivenCard& card, const std::vector<std::string>& passed) {
  if (passed.empty()) return {};
  std::string commands;
  for (size_t i = 0; i < card.inspection.functions.size(); ++i) commands += pci_command(card, i);
  return "\n" +
         sentence(fmt::format(
             "Incus also passes {}, in the same slot and IOMMU group. When the VM stops, the host's drivers bind these functions until the VM starts again.",
             host::join(passed, ", "))) +
         sentence("-> to keep all functions bound to vfio-pci, add these devices instead:") + "\n" +
         indented(commands);
}

}  // namespace

void add_incus_guest(const GivenCard& card, Steps& steps) {
  const Devices devices = devices_of(card);
  steps.add("Give the card to a VM of Incus that is stopped",
            indented(devices.commands) + passed_text(card, devices.passed_with_gpu));
}

}  // namespace verify
