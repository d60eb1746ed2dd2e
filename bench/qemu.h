// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU's command line: what the machines of the boot tests (tests/lab) and the guests of vfio-bench
// have in common.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "host/child.h"

namespace bench {

// A q35 without default devices and, as a rule, without a display of QEMU's own, which ends when
// its guest reboots.
struct QemuMachine {
  std::string program = "qemu-system-x86_64";
  std::string properties = {};  // of the machine: "kernel-irqchip=split"
  std::string processor = {};   // arguments: "-accel kvm -cpu host -smp 2"
  int memory = 256;             // MiB
  std::string display = "none";
};

host::Command qemu_command(const QemuMachine& machine);

// The processor with all that `accelerator` ("kvm", "tcg") offers to the guest's kernel.
const char* processor_model(const std::string& accelerator);

// The properties of a port below `bus`, in the slot `number`.
std::string port_properties(const std::string& id, const std::string& bus, int number);

// Appends the words of `text`, which spaces separate. A path may contain spaces: append it alone.
void add(host::Command& command, const std::string& text);

// The properties that `-device NAME,help` lists.
std::set<std::string> properties_in(std::string_view help);

// The displays that `-display help` lists.
std::set<std::string> displays_in(std::string_view help);

}  // namespace bench
