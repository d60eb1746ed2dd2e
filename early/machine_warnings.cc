// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/machine_warnings.h"

#include <iterator>

#include "early/messages.h"
#include "plan/warnings.h"

namespace early {

std::vector<config::Warning> machine_warnings(const host::Root& root, const host::Machine& machine,
                                              const std::vector<host::PciAddress>& claimed) {
  auto warnings = plan::unclaimed_group_warnings(machine, claimed);
  const auto options = host::read_module_options(root, machine.command_line, "vfio-pci");
  auto ids_option_warnings = plan::ids_option_warnings(machine, claimed, options);
  std::move(ids_option_warnings.begin(), ids_option_warnings.end(), std::back_inserter(warnings));
  return warnings;
}

void report_machine_warnings(const host::Root& root, record::Record& record) {
  const auto machine = host::read_machine(root, {.groups = true});
  if (!machine || record.functions.empty()) return;
  std::vector<host::PciAddress> claimed;
  for (const record::FunctionRecord& function : record.functions)
    claimed.push_back(function.address);

  for (config::Warning& warning : machine_warnings(root, *machine, claimed)) {
    log_warning(root, warning);
    record.warnings.push_back(std::move(warning));
  }
  save_record(root, record);
}

}  // namespace early
