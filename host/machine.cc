// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/machine.h"

#include <algorithm>

#include "host/iommu_group.h"

namespace host {

const PciFunction* Machine::find(const PciAddress& address) const {
  const auto found = std::lower_bound(functions.begin(), functions.end(), address,
                                      [](const PciFunction& function, const PciAddress& wanted) {
                                        return function.address < wanted;
                                      });
  return found != functions.end() && found->address == address ? &*found : nullptr;
}

std::vector<const PciFunction*> Machine::in_slot(const PciSlot& slot) const {
  std::vector<const PciFunction*> found;
  for (const PciFunction& function : functions)
    if (function.address.slot == slot) found.push_back(&function);
  return found;
}

Result<Machine> read_machine(const Root& root) {
  auto functions = read_pci_functions(root);
  if (!functions) return functions.error();

  Machine machine;
  machine.functions = std::move(*functions);
  std::sort(machine.functions.begin(), machine.functions.end(),
            [](const PciFunction& a, const PciFunction& b) { return a.address < b.address; });
  machine.has_iommu = has_iommu(root);
  machine.in_initramfs = root.exists("/etc/initrd-release");
  machine.command_line = CommandLine::parse(root.read("/proc/cmdline").value_or(""));
  machine.kernel_release = root.read_line("/proc/sys/kernel/osrelease");
  machine.boot_id = root.read_line("/proc/sys/kernel/random/boot_id");
  return machine;
}

}  // namespace host
