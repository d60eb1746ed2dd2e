// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings of this machine that also decide which driver binds a card: they remain from guides that
// work without vfio-early, or belong to other programs.
#pragma once

#include <string>
#include <vector>

#include "host/driverctl.h"
#include "host/machine.h"
#include "host/modprobe_lines.h"
#include "host/module_options.h"
#include "host/root.h"
#include "plan/takers.h"

namespace verify {

// A setting, as it is written, and where.
struct Setting {
  std::string text;   // "blacklist nouveau"
  std::string where;  // "/etc/modprobe.d/vfio.conf:3", or ModuleOption::kCommandLine
};

// A setting of the administrator that disables a driver of an assigned card.
struct Blacklist : Setting {
  std::string module;
  // Other functions that have no driver because of such settings.
  std::vector<host::PciAddress> without_driver;
};

struct OtherSettings {
  std::vector<host::DriverctlOverride> driverctl;
  std::vector<plan::Taker> takers;  // of the assigned functions
  bool has_udev_rules = false;      // false: no directory of rules, as in a captured tree
  std::vector<host::ModprobeLine> modprobe;
  std::vector<host::ModuleOption> vfio_options;  // of vfio-pci
  std::vector<host::ModuleOption> stub_options;  // of pci-stub
  std::vector<Blacklist> blacklists;
  std::vector<Setting> virqfd;  // that load vfio_virqfd, which the running kernel does not have
  // Files and directories that cannot be read or are too large: those that may have takers, and
  // those that may have one of the other settings.
  std::vector<std::string> unread, unread_modules;
};

// `assigned`: the functions that are to be assigned to guests.
OtherSettings read_other_settings(const host::Root& root, const host::Machine& machine,
                                  const std::vector<host::PciAddress>& assigned);

}  // namespace verify
