// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/proxmox.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/setup/guest.h"

namespace verify {
namespace {

// What one hostpci option passes: functions of one slot.
struct HostPci {
  std::vector<host::PciAddress> functions;
  bool whole_slot = false;  // all its functions are the guest's
};

// A slot stands for all functions in it, also for virtual ones and for the function that created
// them: PVE::SysFSTools::lspci() compares only the address.
bool is_whole_slot(const host::Machine& machine, const std::vector<host::PciAddress>& functions) {
  return std::all_of(
      machine.functions.begin(), machine.functions.end(), [&](const host::PciFunction& function) {
        return function.address.slot != functions.front().slot ||
               (host::contains(functions, function.address) && !function.is_virtual());
      });
}

std::vector<HostPci> options_for(const host::Machine& machine,
                                 const std::vector<host::PciAddress>& functions) {
  std::map<host::PciSlot, std::vector<host::PciAddress>> slots;
  for (const host::PciAddress& address : functions) slots[address.slot].push_back(address);
  std::vector<HostPci> options;
  for (const auto& [slot, addresses] : slots)
    options.push_back({addresses, is_whole_slot(machine, addresses)});
  return options;
}

std::string host_value(const HostPci& option) {
  if (option.whole_slot) return option.functions.front().slot.str();
  std::vector<std::string> addresses;
  for (const host::PciAddress& address : option.functions) addresses.push_back(address.str());
  return host::join(addresses, ";");
}

// A device of a mapping. Proxmox VE compares all paths of a mapping with one id, so functions with
// different ids need a mapping each. A slot has the ids and the group of its function 0
// (assert_valid() in src/PVE/Mapping/PCI.pm of pve-guest-common).
struct Mapping {
  std::string path;
  host::PciAddress described_by;
};

std::vector<Mapping> mappings_for(const GivenCard& card) {
  std::vector<Mapping> mappings;
  for (const HostPci& option : options_for(card.inspection.machine, card.inspection.addresses())) {
    if (option.whole_slot && option.functions.front().function == 0) {
      mappings.push_back({option.functions.front().slot.str(), option.functions.front()});
      continue;
    }
    for (const host::PciAddress& address : option.functions)
      mappings.push_back({address.str(), address});
  }
  return mappings;
}

size_t index_of(const Inspection& inspection, const host::PciAddress& address) {
  const auto addresses = inspection.addresses();
  return size_t(std::find(addresses.begin(), addresses.end(), address) - addresses.begin());
}

// A property is required if the device has it (assert_valid() again).
std::string map_value(const ConfiguredFunction& function, const std::string& path) {
  const host::PciId& id = function.function.id;
  std::string value = fmt::format("path={},id={},subsystem-id={:04x}:{:04x}", path, id.str(),
                                  id.subvendor, id.subdevice);
  if (function.group) value += fmt::format(",iommugroup={}", *function.group);
  return value;
}

// The name of a node is that of its host, without the domain (PVE::INotify::nodename()).
std::string mapping_commands(const GivenCard& card) {
  std::string commands, options;
  int number = 0;
  for (const Mapping& mapping : mappings_for(card)) {
    const size_t index = index_of(card.inspection, mapping.described_by);
    const std::string name = function_name(card.name, index);
    commands +=
        fmt::format("pvesh create /cluster/mapping/pci --id {} --map \"node=$(hostname -s),{}\"\n",
                    name, map_value(card.inspection.functions[index], mapping.path));
    options += fmt::format(" -hostpci{} mapping={},pcie=1", number++, name);
  }
  return commands + "qm set VMID" + options + "\n";
}

}  // namespace

std::string proxmox_options(const host::Machine& machine,
                            const std::vector<host::PciAddress>& functions) {
  std::string options;
  int number = 0;
  for (const HostPci& option : options_for(machine, functions)) {
    const std::string host = host_value(option);
    const bool quoted = host.find(';') != host.npos;
    options += fmt::format(" -hostpci{} {}{},pcie=1{}", number++, quoted ? "'" : "", host,
                           quoted ? "'" : "");
  }
  return options;
}

// The machine type q35 is needed for pcie=1.
void add_proxmox_guest(const GivenCard& card, Steps& steps) {
  steps.add("Give the card to a VM of Proxmox VE that has the machine type q35",
            indented("qm set VMID" +
                     proxmox_options(card.inspection.machine, card.inspection.addresses()) + "\n"));
}

// PVE/API2/Cluster/Mapping/PCI.pm in pve-manager, and $map_fmt in src/PVE/Mapping/PCI.pm of
// pve-guest-common.
void add_proxmox_guest_or_mapping(const GivenCard& card, Steps& steps) {
  add_proxmox_guest(card, steps);
  steps.add(
      "Or map the card for the cluster (Proxmox VE 8 or later): run this on its node",
      indented(mapping_commands(card)) + "\n" +
          sentence(
              "A user with the privilege Mapping.Use can then give it to a VM. With an address, only root@pam can.") +
          sentence("Proxmox VE does not start the VM if the ids or the IOMMU group have changed."));
}

}  // namespace verify
