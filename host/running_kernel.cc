// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/running_kernel.h"

namespace host {

CommandLine running_command_line(const Root& root) {
  return CommandLine::parse(root.read("/proc/cmdline").value_or(""));
}

std::string running_release(const Root& root) {
  return root.read_line("/proc/sys/kernel/osrelease");
}

std::string boot_id(const Root& root) {
  return root.read_line("/proc/sys/kernel/random/boot_id");
}

}  // namespace host
