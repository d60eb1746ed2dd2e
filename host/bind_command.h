// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commands in scripts, units and udev rules that change the driver of a PCI function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/pci_address.h"

namespace host {

// A line of a script, a unit, tmpfiles.d or modprobe.d that names a function, and a file or command
// that changes its driver.
struct BindCommand {
  PciAddress address;
  std::string driver;  // that it binds; "": unknown, or none
  std::string where;   // "/etc/rc.local:5"
};

// The commands of one file. A command that binds a function to a VFIO driver, or unbinds a host
// driver, is left out.
std::vector<BindCommand> parse_bind_commands(std::string_view text, const std::string& file);

}  // namespace host
