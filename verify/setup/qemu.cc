// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/qemu.h"

#include <algorithm>

#include <fmt/format.h>

#include "verify/setup/guest.h"
#include "verify/setup/igpu.h"

namespace verify {
namespace {

// A root port accepts a slot with at most 8 functions, and each port needs a chassis number of its
// own (docs/pcie.txt in QEMU).
constexpr int kFirstChassis = 16;

using Slot = std::vector<host::PciAddress>;  // its functions

std::vector<Slot> slots_of(const std::vector<host::PciAddress>& functions) {
  std::vector<Slot> slots;
  for (const host::PciAddress& address : functions) {
    const auto same = std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) {
      return slot.front().slot == address.slot;
    });
    if (same == slots.end())
      slots.push_back({address});
    else
      same->push_back(address);
  }
  return slots;
}

std::string arguments_of(const Inspection& inspection) {
  if (!is_intel_igpu(inspection)) return qemu_arguments(inspection.addresses());
  return igpu_qemu_arguments(inspection.addresses().front(), has_opregion(inspection));
}

}  // namespace

std::string qemu_arguments(const std::vector<host::PciAddress>& functions) {
  std::string arguments;
  int port = 0;
  for (const Slot& slot : slots_of(functions)) {
    const std::string bus = port == 0 ? "gpu" : fmt::format("gpu{}", port);
    arguments += fmt::format("{}-device pcie-root-port,id={},chassis={}", port == 0 ? "" : " \\\n",
                             bus, kFirstChassis + port);
    for (size_t i = 0; i < slot.size(); ++i)
      arguments += fmt::format(" \\\n-device vfio-pci,host={},bus={},addr=0.{}{}", slot[i].str(),
                               bus, i, i == 0 && slot.size() > 1 ? ",multifunction=on" : "");
    ++port;
  }
  return arguments + "\n";
}

std::string igpu_qemu_arguments(const host::PciAddress& address, bool opregion) {
  return fmt::format("-device vfio-pci,host={},bus=pcie.0,addr={:02x}.{}{}\n", address.str(),
                     address.slot.device, address.function, opregion ? ",x-igd-opregion=on" : "");
}

void add_qemu_guest(const GivenCard& card, Steps& steps) {
  steps.add("Give the card to a guest of QEMU: add to the command line, for a q35 machine",
            indented(arguments_of(card.inspection)));
}

void add_libvirt_and_qemu_guest(const GivenCard& card, Steps& steps) {
  add_libvirt_guest(card, steps);
  steps.add("Or add to QEMU's command line, for a q35 machine",
            indented(arguments_of(card.inspection)));
}

}  // namespace verify
