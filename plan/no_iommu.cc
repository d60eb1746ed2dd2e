// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/no_iommu.h"

#include <algorithm>

#include "host/text.h"
#include "plan/selection.h"

namespace plan {
namespace {

using host::Environment;
using host::Machine;

struct Reason {
  std::string why, remedy;
};

// Qubes OS, "How to use PCI devices" and "PCI troubleshooting".
std::string attach_with_qubes(const config::Card& card, const Machine& machine) {
  std::string hide, attach;
  for (const host::PciFunction* function : select(card, machine).functions) {
    attach += (attach.empty() ? "; run `" : " and `") + qubes_attachment(function->address) + "`";
    if (!is_hidden_from_dom0(machine, *function))
      hide += (hide.empty() ? "" : ",") + without_domain(function->address);
  }
  std::string remedy = "give the card to a VM of Qubes OS with qvm-pci, not with vfio-pci";
  if (!hide.empty())
    remedy += "; set rd.qubes.hide_pci=" + hide + " on the kernel command line of dom0";
  return remedy + attach;
}

// Documentation/admin-guide/kernel-parameters.txt, and xl-pci-configuration(5).
std::string assign_with_xen(const config::Card& card, const Machine& machine) {
  if (machine.is_qubes) return attach_with_qubes(card, machine);
  std::string hide, guest;
  for (const host::PciFunction* function : select(card, machine).functions) {
    const std::string address = function->address.str();
    guest += (guest.empty() ? "'" : ", '") + address + "'";
    if (!is_hidden_from_dom0(machine, *function)) hide += "(" + address + ")";
  }
  std::string remedy = "give the card to a guest with xen-pciback, not with vfio-pci";
  if (!hide.empty())
    remedy += "; set xen-pciback.hide=" + hide + " on the kernel command line of dom0";
  if (!guest.empty()) remedy += "; add pci = [ " + guest + " ] to the configuration of the guest";
  return remedy;
}

constexpr const char* kSeeVerify =
    "; `vfio-verify` in the booted system shows what the kernel reports about it";

// If the command line switches the IOMMU off, or VT-d on, the remedy is another one. An IOMMU that
// the firmware describes is enabled in its setup.
std::string enable_iommu(const Machine& machine) {
  const std::vector<std::string> off = host::iommu_off_parameters(machine.command_line);
  if (!off.empty()) return "remove " + host::join(off, " ") + " from the kernel command line";
  const bool is_intel_on = machine.command_line.value_with_word("intel_iommu", "on").has_value();
  if (machine.iommu_table == "DMAR" && !is_intel_on)
    return std::string(
               "boot with intel_iommu=on; if it is the kernel's default, update the firmware") +
           kSeeVerify;
  if (!machine.iommu_table.empty()) return std::string("update the firmware") + kSeeVerify;
  if (is_intel_on)
    return std::string("enable VT-d in the firmware setup, and update the firmware") + kSeeVerify;
  if (machine.architecture == host::Architecture::kX86)
    return "enable VT-d or AMD-Vi in the firmware setup; on Intel, also boot with intel_iommu=on; `vfio-verify` in the booted system shows which of them is missing";
  return std::string("enable ") + host::iommu_name(machine.architecture) +
         " in the firmware setup or the device tree, and use a kernel that has its driver";
}

Reason reason(const config::Card& card, const Machine& machine) {
  switch (machine.environment) {
    case Environment::kXenHost:
      return {"this is Xen's dom0: the hypervisor uses the IOMMU itself",
              assign_with_xen(card, machine)};
    case Environment::kXenGuest:
      return {"this is a guest of Xen: only the hypervisor and dom0 have the machine's IOMMU",
              "assign the card in dom0 to the guest that needs it"};
    case Environment::kWsl:
      return {"this is Windows Subsystem for Linux, which has no IOMMU",
              "start Linux on the machine itself"};
    case Environment::kContainer:
      return {"no IOMMU is visible in this container", "run vfio-early on the host"};
    case Environment::kMachine:
      break;
  }
  const std::string described =
      machine.iommu_table.empty()
          ? ""
          : ", although the firmware describes one (ACPI table " + machine.iommu_table + ")";
  return {"no IOMMU is active (/sys/class/iommu is empty)" + described, enable_iommu(machine)};
}

}  // namespace

config::Refusal refuse_without_iommu(const config::Card& card, const Machine& machine) {
  const auto [why, remedy] = reason(card, machine);
  return {card.name, card.file, card.line, why, remedy};
}

std::string without_domain(const host::PciAddress& address) {
  const std::string text = address.str();
  return text.starts_with("0000:") ? text.substr(5) : text;
}

std::string qubes_attachment(const host::PciAddress& address) {
  std::string name = without_domain(address);
  std::replace(name.begin(), name.end(), ':', '_');
  return "qvm-pci attach --persistent VM dom0:" + name;
}

bool is_hidden_from_dom0(const Machine& machine, const host::PciFunction& function) {
  if (function.driver == "pciback") return true;
  const std::string address = without_domain(function.address);
  for (const char* name : {"xen-pciback.hide", "pciback.hide", "rd.qubes.hide_pci"})
    for (const std::string& value : machine.command_line.values(name))
      if (value.find(address) != value.npos) return true;
  return false;
}

}  // namespace plan
