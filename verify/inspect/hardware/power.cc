// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/hardware/power.h"

#include "host/pci_serial.h"

namespace verify::hardware {

bool Power::is_asleep() const {
  if (state.empty()) return runtime == "suspended";
  return state == "D1" || state == "D2" || state.starts_with("D3");
}

Power read_power(const host::Root& root, const host::PciAddress& address) {
  const std::string device = address.sysfs();
  Power power = {.state = root.read_line(device + "/power_state"),
                 .runtime = root.read_line(device + "/power/runtime_status"),
                 .d3cold_allowed = {}};
  const std::string allowed = root.read_line(device + "/d3cold_allowed");
  if (!allowed.empty()) power.d3cold_allowed = allowed != "0";
  return power;
}

void read_serials(const host::Root& root, host::Machine& machine) {
  for (host::PciFunction& function : machine.functions)
    if (!function.serial && root.read_line(function.address.sysfs() + "/power_state") != "D3cold")
      function.serial = host::read_serial(root, function.address);
}

}  // namespace verify::hardware
