// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/observe.h"

#include <iterator>

#include "early/say.h"
#include "plan/warnings.h"

namespace early {

std::vector<plan::Warning> look_around(const host::Root& root, const host::Machine& machine,
                                       const std::vector<host::PciAddress>& claimed) {
  auto warnings = plan::left_behind(machine, claimed);
  const auto options = host::read_module_options(root, machine.command_line, "vfio-pci");
  auto rivals = plan::rivals(machine, claimed, options);
  std::move(rivals.begin(), rivals.end(), std::back_inserter(warnings));
  return warnings;
}

void observe(const host::Root& root, plan::Record& record) {
  const auto machine = host::read_machine(root, {.groups = true});
  if (!machine || record.functions.empty()) return;
  std::vector<host::PciAddress> claimed;
  for (const plan::FunctionRecord& function : record.functions)
    if (const auto address = host::PciAddress::parse(function.address)) claimed.push_back(*address);

  for (plan::Warning& warning : look_around(root, *machine, claimed)) {
    say_warning(root, warning);
    record.warnings.push_back(std::move(warning));
  }
  save(root, record);
}

}  // namespace early
