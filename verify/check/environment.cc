// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/environment.h"

#include <fmt/format.h>

#include "host/text.h"
#include "plan/no_iommu.h"

namespace verify {
namespace {

using host::Environment;

// Qubes OS, "How to use PCI devices" and "PCI troubleshooting".
Remedy attach_with_qubes(const Inspection& inspection) {
  std::vector<std::string> hide, attach;
  for (const ConfiguredFunction& function : inspection.functions) {
    attach.push_back(plan::qubes_attachment(function.function.address));
    if (!plan::is_hidden_from_dom0(inspection.machine, function.function))
      hide.push_back(plan::without_domain(function.function.address));
  }
  Remedy remedy;
  if (!hide.empty())
    remedy = fmt::format("set rd.qubes.hide_pci={} on the kernel command line of dom0, and reboot",
                         host::join(hide, ","));
  return std::move(remedy).then({"attach the card to a VM of Qubes OS:", attach});
}

// xl-pci-configuration(5), and Documentation/admin-guide/kernel-parameters.txt.
Remedy assign_with_xen(const Inspection& inspection) {
  if (inspection.machine.is_qubes) return attach_with_qubes(inspection);
  Remedy remedy;
  std::vector<std::string> make_assignable, quoted;
  std::string hide;
  for (const ConfiguredFunction& function : inspection.functions) {
    const std::string address = function.address();
    quoted.push_back("'" + address + "'");
    if (plan::is_hidden_from_dom0(inspection.machine, function.function)) continue;
    make_assignable.push_back("xl pci-assignable-add " + address);
    hide += "(" + address + ")";
  }
  if (!make_assignable.empty())
    remedy = {
        fmt::format(
            "let xen-pciback take the card, with xen-pciback.hide={} on the kernel command line of dom0, or until the next boot with these commands:",
            hide),
        make_assignable};
  return std::move(remedy).then({"add this line to the configuration of Xen's guest:",
                                 {fmt::format("pci = [ {} ]", host::join(quoted, ", "))}});
}

}  // namespace

std::string environment_evidence(const Inspection& inspection) {
  switch (inspection.machine.environment) {
    case Environment::kMachine:
      break;
    case Environment::kXenHost:
      return "this is Xen's dom0: the hypervisor uses the IOMMU itself, and gives cards to its guests with xen-pciback, not with vfio-pci";
    case Environment::kXenGuest:
      return "this is a guest of Xen (domU): only the hypervisor and dom0 have the machine's IOMMU";
    case Environment::kWsl:
      return "this is Windows Subsystem for Linux: Windows keeps the machine's cards and its IOMMU";
    case Environment::kContainer:
      return "this is a container, which may not see all devices and files of the host";
  }
  return {};
}

Remedy environment_remedy(const Inspection& inspection) {
  switch (inspection.machine.environment) {
    case Environment::kMachine:
      break;
    case Environment::kXenHost:
      return assign_with_xen(inspection);
    case Environment::kXenGuest:
      return "run the guest that gets the card beside this one, and assign the card to it in dom0";
    case Environment::kWsl:
      return "start Linux on the machine itself to give a card to a guest";
    case Environment::kContainer:
      return "run vfio-verify on the host, not in the container";
  }
  return {};
}

}  // namespace verify
