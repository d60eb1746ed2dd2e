// SPDX-License-Identifier: GPL-2.0-or-later
//
// Binders: what else on this machine binds PCI functions to drivers, apart from vfio-early and the
// kernel. They run in the booted system, and can take a claimed function from vfio-pci.
#pragma once

#include <string>
#include <vector>

#include "host/driverctl.h"
#include "host/modprobe_lines.h"
#include "host/root.h"
#include "host/udev_rules.h"

namespace host {

// A line of a script, a unit, tmpfiles.d or modprobe.d that names a function, and a file or command
// that changes its driver.
struct BindCommand {
  PciAddress address;
  std::string driver;  // that it binds; "": unknown, or none
  std::string where;   // "/etc/rc.local:5"
};

struct Binders {
  std::vector<DriverctlOverride> driverctl;
  std::vector<UdevFile> udev;
  std::vector<BindCommand> commands;
  std::string gpu_operator;  // a directory of NVIDIA's GPU operator; "": not found
  // Files and directories that cannot be read or exceed a limit, and may have more binders.
  std::vector<std::string> unread;
};

// `modprobe`: the lines of modprobe.d.
Binders read_binders(const Root& root, const std::vector<ModprobeLine>& modprobe);

// The commands of one file. A command that binds a function to a VFIO driver, or unbinds a host
// driver, is left out.
std::vector<BindCommand> parse_bind_commands(std::string_view text, const std::string& file);

}  // namespace host
