// SPDX-License-Identifier: GPL-2.0-or-later
//
// The udev rules (udev(7)) that bind PCI functions to drivers: those that set the attribute
// driver_override, or run a command about it.
//
// Some conditions cannot be decided from a snapshot of a machine (TEST, PROGRAM, most of ENV).
// They count as fulfilled: a rule that is found may bind the function, and a rule that is not
// found does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/pci_function.h"
#include "host/root.h"

namespace host {

// ATTR{vendor}=="0x10de": a condition, or an assignment.
struct UdevToken {
  std::string key;        // "ATTR"
  std::string attribute;  // "vendor"; "": none
  std::string op;         // "==", "!=", "=", "+=", "-=" or ":="
  std::string value;
  bool ignores_case = false;  // i"…", since systemd 256
};

struct UdevRule {
  std::vector<UdevToken> tokens;
  std::string where;  // "/etc/udev/rules.d/99-gpu.rules:3"
};

using UdevFile = std::vector<UdevRule>;

UdevFile parse_udev_rules(std::string_view text, const std::string& file);

// The files with a rule that binds a function. `unread`: see read_drop_ins().
std::vector<UdevFile> read_binding_udev_rules(const Root& root,
                                              std::vector<std::string>* unread = nullptr);

// What a rule does to a function.
struct UdevBinding {
  std::string driver;  // the value of driver_override; "": it depends on a command
  std::string where;
};

// What the rules of a file may do to the function. GOTO is followed if it is certain. A command
// that names the function counts in any rule: an event of a module, for example, may run it.
std::vector<UdevBinding> udev_bindings(const UdevFile& file, const PciFunction& function);

}  // namespace host
