// SPDX-License-Identifier: GPL-2.0-or-later
//
// Binders: what else on this machine binds PCI functions to drivers, apart from vfio-early and the
// kernel. They run in the booted system, and can take a claimed function from vfio-pci.
#pragma once

#include <string>
#include <vector>

#include "host/bind_command.h"
#include "host/driverctl.h"
#include "host/modprobe_lines.h"
#include "host/root.h"
#include "host/udev_rules.h"

namespace host {

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

}  // namespace host
