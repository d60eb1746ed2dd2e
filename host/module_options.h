// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options that modprobe gives to a module when it loads it, with the source of each: the
// modprobe.d directories (modprobe.d(5)) and the kernel command line. libkmod applies them too, but
// does not read another machine's tree, and does not report the file and the line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/command_line.h"
#include "host/modprobe_lines.h"
#include "host/pci_function.h"
#include "host/root.h"

namespace host {

struct ModuleOption {
  std::string name;   // "ids"
  std::string value;  // "10de:1b81,10de:10f0"
  std::string where;  // "/etc/modprobe.d/vfio.conf:3", or kCommandLine

  static constexpr const char* kCommandLine = "kernel command line";
  bool is_on_command_line() const { return where == kCommandLine; }
};

// The name of the module in a file: "vfio_pci" for "kernel/drivers/vfio/pci/vfio-pci.ko.xz". `path`
// may also be the bare name.
std::string module_of(std::string_view path);

// `lines`: of modprobe.d. `module` with underscores or hyphens: they are the same in module names.
std::vector<ModuleOption> module_options(const std::vector<ModprobeLine>& lines,
                                         const CommandLine& command_line, std::string_view module);

// The modules that are not loaded for a device, with underscores in their names, and all settings
// that disable each: `blacklist` lines and `install` lines with /bin/false or /bin/true of
// modprobe.d(5), and module_blacklist=, modprobe.blacklist= and rd.driver.blacklist= on the kernel
// command line.
using DisabledModules = std::map<std::string, std::vector<DriverObstacle>>;
DisabledModules read_disabled_modules(const Root& root, const CommandLine& command_line);

}  // namespace host
