// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that may bind a function to a driver: udev rules, scripts, and lines of modprobe.d. The
// input is the text of each of them.
#include "host/binders.h"

#include <algorithm>

#include "host/modprobe_lines.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {
      "ACTION!=\"add\", GOTO=\"end\"\nATTR{vendor}==\"0x10de|0x1002\", "
      "ATTR{driver_override}=\"nvidia\"\nLABEL=\"end\"\n",
      "KERNEL==\"0000:01:00.?\", \\\n RUN{program}+=\"/bin/sh -c 'echo \\\"x\\\" > "
      "/sys/bus/pci/devices/%k/driver_override'\"\n",
      "#!/bin/sh\necho 0000\\:01\\:00.0 > /sys/bus/pci/drivers/nvidia/bind\n"
      "virsh nodedev-reattach pci_0000_01_00_0\ndriverctl set-override 0000:01:00.0 nvidia\n",
      "install nvidia /sbin/modprobe -i nvidia \\\n && echo 0000:01:00.0 > x/driver_override\n"};
}

void parse(std::string_view bytes) {
  const auto lines = static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
  const host::PciFunction function = {.address = *host::PciAddress::parse("0000:01:00.0"),
                                      .id = {0x10de, 0x1e84, 0, 0},
                                      .class_code = 0x030000};
  const host::UdevFile rules = host::parse_udev_rules(bytes, "f");
  require(rules.size() <= lines);
  for (const host::UdevRule& rule : rules) require(rule.where.starts_with("f:"));
  for (const host::UdevBinding& binding : host::udev_bindings(rules, function))
    require(binding.where.starts_with("f:"));
  for (const host::BindCommand& command : host::parse_bind_commands(bytes, "f"))
    require(command.where.starts_with("f:"));
  const auto modprobe = host::parse_modprobe_lines(bytes, "f");
  require(modprobe.size() <= lines);
  for (const host::ModprobeLine& line : modprobe)
    require(line.words.size() >= 2 && line.where.starts_with("f:"));
}

const Target kTarget("binders", samples, parse);

}  // namespace
}  // namespace fuzz
