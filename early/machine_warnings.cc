// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/machine_warnings.h"

#include <iterator>

#include "early/messages.h"
#include "plan/takers.h"
#include "plan/warnings.h"

namespace early {

std::vector<config::Warning> machine_warnings(const host::Root& root, const host::Machine& machine,
                                              const std::vector<plan::ClaimedFunction>& functions) {
  std::vector<host::PciAddress> claimed;
  std::vector<std::string> drivers;
  for (const plan::ClaimedFunction& function : functions) {
    claimed.push_back(function.address);
    drivers.push_back(function.driver);
  }
  std::vector<config::Warning> warnings;
  const auto add = [&](std::vector<config::Warning> more) {
    std::move(more.begin(), more.end(), std::back_inserter(warnings));
  };
  add(plan::unclaimed_group_warnings(machine, functions));
  add(plan::useless_allow_warnings(machine, functions));
  const auto modprobe = host::read_modprobe_lines(root);
  for (const char* driver : {"vfio-pci", "pci-stub"}) {
    const auto options = host::module_options(modprobe, machine.command_line, driver);
    add(plan::ids_option_warnings(machine, claimed, driver, options));
    if (host::is_stub_driver(driver)) add(plan::stub_warnings(machine, claimed, options));
  }
  if (claimed.empty()) return warnings;
  add(plan::ignored_command_warnings(plan::vfio_modules(drivers), modprobe));
  add(plan::taker_warnings(plan::takers(machine, claimed, host::read_binders(root, modprobe))));
  return warnings;
}

void report_machine_warnings(const host::Root& root, record::Record& record) {
  const auto machine = host::read_machine(root, {.groups = true});
  if (!machine || record.functions.empty()) return;
  std::vector<plan::ClaimedFunction> functions;
  for (const record::FunctionRecord& function : record.functions)
    functions.push_back(
        {function.card, function.address, function.wanted_driver, function.handling.allowed_peers});

  for (config::Warning& warning : machine_warnings(root, *machine, functions)) {
    log_warning(root, warning);
    record.warnings.push_back(std::move(warning));
  }
  save_record(root, record);
}

}  // namespace early
