// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/hardware/hardware.h"

namespace verify::hardware {

Hardware read_hardware(const host::Root& root, const host::Machine& machine,
                       const host::PciFunction& function, const HardwareRequest& request) {
  Hardware found;
  const host::PciAddress& address = function.address;
  found.power = read_power(root, address);
  const auto opened = Registers::open(root, address);
  const Registers* registers = opened ? &*opened : nullptr;
  if (!opened) found.registers_error = opened.error();
  found.capabilities_readable =
      registers && (!registers->has_capabilities() || registers->may_read_capabilities());
  found.reset = read_reset_methods(root, address, registers);
  found.windows = read_windows(root, address);
  if (registers) found.resizable = resizable_bars(*registers);
  const host::PciFunction* placed = machine.find(address);
  found.links = read_links(root, machine, placed ? *placed : function);
  found.rom = read_option_rom(root, {.function = function,
                                     .group = request.group,
                                     .power = found.power,
                                     .windows = found.windows,
                                     .registers = registers,
                                     .passive = request.passive});
  return found;
}

}  // namespace verify::hardware
