// SPDX-License-Identifier: GPL-2.0-or-later
//
// Talos Linux: its initramfs is part of a signed image and starts only machined, so the machine
// configuration has to bind the card. The fields are those of KernelModuleConfig in
// pkg/machinery/config/types/v1alpha1/v1alpha1_types.go, and of
// types/hardware/pci_driver_rebind_config.go. Its controller writes driver_override when udev has
// settled: internal/app/machined/pkg/controllers/hardware/pci_driver_rebind.go.
#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/setup/guest.h"
#include "verify/setup/section.h"

namespace verify {
namespace {

// Does a function of another card have its id? `ids` of vfio-pci would take that too.
bool is_id_shared(const Inspection& inspection, const host::PciFunction& function) {
  const auto addresses = inspection.addresses();
  return std::any_of(inspection.machine.functions.begin(), inspection.machine.functions.end(),
                     [&](const host::PciFunction& other) {
                       return have_same_id(other, function) &&
                              !host::contains(addresses, other.address);
                     });
}

// The ids that only this card has.
std::vector<std::string> own_ids(const Inspection& inspection) {
  std::vector<std::string> ids;
  for (const ConfiguredFunction& function : inspection.functions) {
    const std::string id = function.function.id.str();
    if (!is_id_shared(inspection, function.function) && !host::contains(ids, id)) ids.push_back(id);
  }
  return ids;
}

// intel_iommu_setup() in drivers/iommu/intel/iommu.c; AMD's IOMMU needs no parameter.
bool needs_parameter(const Inspection& inspection) {
  return !inspection.has_iommu() && inspection.platform.cpu_vendor == "GenuineIntel";
}

// A patch of several documents. The form of the modules is deprecated since Talos 1.14, but the
// only one that all versions read.
std::string machine_configuration(const Inspection& inspection) {
  std::string yaml = "machine:\n  kernel:\n    modules:\n      - name: vfio_pci\n";
  if (const auto ids = own_ids(inspection); !ids.empty())
    yaml += fmt::format("        parameters:\n          - ids={}\n", host::join(ids, ","));
  for (const ConfiguredFunction& function : inspection.functions)
    yaml += fmt::format(
        "---\n"
        "apiVersion: v1alpha1\n"
        "kind: PCIDriverRebindConfig\n"
        "name: \"{}\"\n"
        "targetDriver: vfio-pci\n",
        function.address());
  return yaml;
}

// Since Talos 1.10, UEFI systems are installed with systemd-boot. The field of the machine
// configuration is deprecated.
void add_parameter_step(Steps& steps) {
  steps.add(
      "Add the kernel parameter to the schematic for the Image Factory, and upgrade",
      indented("customization:\n  extraKernelArgs:\n    - intel_iommu=on\n") + "\n" +
          sentence(
              "systemd-boot ignores the parameters of the machine configuration. With GRUB, add it there instead, and upgrade:") +
          "\n" + indented("machine:\n  install:\n    extraKernelArgs:\n      - intel_iommu=on\n"));
}

}  // namespace

void add_talos_guest(const GivenCard& card, Steps& steps) {
  const Inspection& inspection = card.inspection;
  const std::string file = plain_name(card.name) + ".yaml";
  if (needs_parameter(inspection)) add_parameter_step(steps);
  steps.add(
      "Let Talos bind the card to vfio-pci: write this to " + file,
      indented(machine_configuration(inspection)) + "\n" +
          sentence(
              "vfio-early cannot run in Talos' initramfs. Talos binds the card after it has loaded the drivers of the image, so a driver in a system extension may use the card first.") +
          sentence(
              "PCIDriverRebindConfig needs Talos 1.10 or later. Since Talos 1.14, documents of the kind KernelModuleConfig replace machine.kernel, which Talos still reads.") +
          notes_on(inspection.machine, inspection.functions.front().function));
  steps.add("Apply it, and reboot the node",
            indented("talosctl --nodes NODE patch machineconfig --patch @" + file +
                     "\ntalosctl --nodes NODE reboot\n"));
  add_kubevirt_guest(card, steps);
}

}  // namespace verify
