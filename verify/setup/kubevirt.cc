// SPDX-License-Identifier: GPL-2.0-or-later
//
// KubeVirt's device plugin offers each function that has a permitted vendor and device id and is
// bound to vfio-pci, by its IOMMU group: discoverPermittedHostPCIDevices() and
// constructDPIdevices() in pkg/virt-handler/device-manager/pci_device.go. The fields are those of
// PciHostDevice in staging/src/kubevirt.io/api/core/v1/types.go, GPU and HostDevice in schema.go.
#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "plan/card_functions.h"
#include "verify/setup/guest.h"

namespace verify {
namespace {

constexpr const char* kOfferedDriver = "vfio-pci";

using Functions = std::vector<const host::PciFunction*>;

// The name of a resource is the user's choice, "typically of the form vendor.com/product_name".
// Made from the ids, it is the same on all nodes.
std::string resource_name(const host::PciId& id) {
  constexpr std::pair<uint16_t, const char*> kVendors[] = {
      {0x1002, "amd.com"}, {0x10de, "nvidia.com"}, {0x8086, "intel.com"}};
  const char* domain = "vfio.local";
  for (const auto& [vendor, name] : kVendors)
    if (vendor == id.vendor) domain = name;
  return fmt::format("{}/pci-{:04x}-{:04x}", domain, id.vendor, id.device);
}

bool has_host_device(const Inspection& inspection) {
  return std::any_of(
      inspection.functions.begin(), inspection.functions.end(),
      [](const ConfiguredFunction& function) { return !plan::is_gpu(function.function); });
}

// The selector is in quotes: YAML 1.1 reads "10:20" as a number.
std::string permitted_devices(const Inspection& inspection) {
  std::string yaml = "spec:\n  configuration:\n";
  if (has_host_device(inspection))
    yaml += "    developerConfiguration:\n      featureGates:\n        - HostDevices\n";
  yaml += "    permittedHostDevices:\n      pciHostDevices:\n";
  Functions listed;
  for (const ConfiguredFunction& each : inspection.functions) {
    const host::PciFunction& function = each.function;
    if (std::any_of(listed.begin(), listed.end(),
                    [&](auto* other) { return have_same_id(*other, function); }))
      continue;
    listed.push_back(&function);
    yaml += fmt::format(
        "        - pciVendorSelector: \"{:04X}:{:04X}\"\n"
        "          resourceName: {}\n"
        "          externalResourceProvider: false\n",
        function.id.vendor, function.id.device, resource_name(function.id));
  }
  return yaml;
}

// `gpus` and `hostDevices` take any permitted device, but only the latter needs a feature gate.
std::string guest_devices(const GivenCard& card) {
  std::string gpus, others;
  for (size_t i = 0; i < card.inspection.functions.size(); ++i) {
    const host::PciFunction& function = card.inspection.functions[i].function;
    (plan::is_gpu(function) ? gpus : others) +=
        fmt::format("        - name: {}\n          deviceName: {}\n", function_name(card.name, i),
                    resource_name(function.id));
  }
  return "spec:\n  domain:\n    devices:\n" + (gpus.empty() ? "" : "      gpus:\n" + gpus) +
         (others.empty() ? "" : "      hostDevices:\n" + others);
}

// Functions of the machine that have an id of the card, and are not a part of it.
Functions equal_functions(const Inspection& inspection, bool bound) {
  const auto addresses = inspection.addresses();
  Functions equal;
  for (const host::PciFunction& function : inspection.machine.functions)
    if (!host::contains(addresses, function.address) &&
        (function.driver == kOfferedDriver) == bound &&
        std::any_of(inspection.functions.begin(), inspection.functions.end(),
                    [&](auto& ours) { return have_same_id(ours.function, function); }))
      equal.push_back(&function);
  return equal;
}

std::string addresses_of(const Functions& functions) {
  std::vector<std::string> addresses;
  for (const host::PciFunction* function : functions) addresses.push_back(function->address.str());
  return host::join(addresses, ", ");
}

std::string equal_functions_text(const Inspection& inspection) {
  std::string text;
  if (const Functions host = equal_functions(inspection, /*bound=*/false); !host.empty())
    text += sentence("These functions have the same id: " + addresses_of(host) +
                     ". If they are bound to vfio-pci, KubeVirt offers them, too.");
  if (const Functions bound = equal_functions(inspection, /*bound=*/true); !bound.empty())
    text += sentence(
        "These functions with the same id are also bound to vfio-pci: " + addresses_of(bound) +
        ". A guest may get them instead, or functions of both cards.");
  return text;
}

// Not a variant driver, such as mlx5_vfio_pci (shouldPermitNonVFIOPCI() has the exceptions).
std::string variant_driver_text(const Inspection& inspection) {
  for (const ConfiguredFunction& each : inspection.functions)
    if (host::is_vfio_driver(each.function.driver) && each.function.driver != kOfferedDriver)
      return sentence(fmt::format("{} is bound to {}, so KubeVirt does not offer it.",
                                  each.address(), each.function.driver)) +
             sentence("-> set driver = vfio-pci in its section");
  return {};
}

// The plugin keeps one function for each resource and IOMMU group.
std::string shared_group_text(const Inspection& inspection) {
  const auto& functions = inspection.functions;
  for (size_t i = 0; i < functions.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (functions[i].group && functions[i].group == functions[j].group &&
          have_same_id(functions[i].function, functions[j].function))
        return sentence(fmt::format(
            "{} and {} have the same id and the same IOMMU group: KubeVirt offers only one of them.",
            functions[j].address(), functions[i].address()));
  return {};
}

}  // namespace

void add_kubevirt_guest(const GivenCard& card, Steps& steps) {
  const Inspection& inspection = card.inspection;
  steps.add(
      "Permit the card in the cluster: kubectl edit kubevirt -n kubevirt kubevirt",
      indented(permitted_devices(inspection)) + "\n" +
          sentence(
              "KubeVirt offers each function with these ids that is bound to vfio-pci, on every node. It distinguishes equal cards only by their driver.") +
          equal_functions_text(inspection) + shared_group_text(inspection) +
          variant_driver_text(inspection) +
          sentence("KubeVirt before 1.4 also needs the feature gate GPU."));
  steps.add(
      "Give the card to a guest of KubeVirt: add to the VirtualMachineInstance",
      indented(guest_devices(card)) + "\n" +
          sentence(
              "In a VirtualMachine, this is below spec.template. Kubernetes selects a node that has the card."));
}

}  // namespace verify
