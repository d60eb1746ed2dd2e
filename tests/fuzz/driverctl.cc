// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files of driverctl, which are imported as a configuration. The input is separated by NULs: a
// file's name, a space and its driver. The output is a valid configuration, whatever the names.
#include <algorithm>

#include "config/configuration.h"
#include "host/text.h"
#include "plan/suggestion.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {std::string("pci-0000:01:00.0 vfio-pci\0pci-0000:01:00.1 vfio-pci", 51),
          std::string("pci-0000:02:00.0 nouveau\0usb-1 vfio-pci\0pci-0000:09:00.0 vfio-pci", 65)};
}

host::Machine machine() {
  host::Machine machine;
  for (const char* address : {"0000:01:00.0", "0000:01:00.1", "0000:02:00.0"})
    machine.functions.push_back(
        {.address = *host::PciAddress::parse(address), .id = {0x10de, 0x1b81, 0, 0}});
  return machine;
}

void parse(std::string_view bytes) {
  std::vector<host::DriverctlOverride> overrides;
  for (const std::string_view entry : host::split(bytes, std::string_view("\0", 1))) {
    const size_t blank = std::min(entry.find(' '), entry.size());
    overrides.push_back({std::string(entry.substr(0, blank)),
                         std::string(entry.substr(std::min(blank + 1, entry.size())))});
  }
  static const host::Machine kMachine = machine();
  config::Configuration configuration;
  config::parse_configuration(plan::import_driverctl(kMachine, overrides), "/x", configuration);
  require(configuration.refusals.empty());
  for (const config::Card& card : configuration.cards) require(card.name.starts_with("pci-0000:"));
}

const Target kTarget("driverctl", samples, parse);

}  // namespace
}  // namespace fuzz
